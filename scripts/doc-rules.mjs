// What the documentation of a function has to say beyond what TypeDoc asks for: shapes of data, what it costs, what it
// throws, an example.
import { ReflectionKind } from "typedoc";

const TAGS = ["@cost", "@throws", "@example"];
/** Types whose shape a caller must know. */
const DATA = /^(Samples|Matrix|DataSet|Targets)$/;
const SHAPE = /\brows?\b|\b[A-Z] x [A-Z]\b/;
/** What an error's documentation names: a code, or the function whose errors they are. */
const ERRORS = /"(shape|value|memory|format|unsupported|disposed)"|\bas \w+/;

const textOf = (parts) => (parts ?? []).map(({ text }) => text).join("");
const tagText = ({ comment }, tag) =>
  textOf((comment?.blockTags ?? []).filter((each) => each.tag === tag).flatMap(({ content }) => content));

function shapeFaults(signature) {
  return (signature.parameters ?? [])
    .filter(({ type }) => type?.type === "reference" && DATA.test(type.name))
    .filter(({ comment }) => !SHAPE.test(textOf(comment?.summary)))
    .map(({ name }) => `@param ${name} with its shape`);
}

/** What is missing in the documentation of a function. */
function functionFaults(signature) {
  const missing = TAGS.filter((tag) => tagText(signature, tag).trim() === "");
  const errors = tagText(signature, "@throws");
  const codes = errors === "" || ERRORS.test(errors) ? [] : ["the errors' codes in @throws"];
  return [...missing, ...codes, ...shapeFaults(signature)];
}

/** The package's own objects: their methods say what they throw, or whose methods they are like. */
function methodFaults(signature) {
  const says = textOf(signature.comment?.summary);
  const isLikeAnother = /\b(As|see) [A-Z]\w+\.\w+/.test(says);
  const errors = tagText(signature, "@throws");
  if (isLikeAnother || (errors !== "" && ERRORS.test(errors)) || tagText(signature, "@example") !== "") return [];
  return ['@throws with the errors\' codes, an @example, or "As Other.method"'];
}

/** Interfaces that a caller implements, or that only tell: their methods have nothing of their own to document. */
const isCalled = ({ parent, flags, parameters }) =>
  (parameters?.length ?? 0) > 0 && !flags.isOptional && !/Callback|WorkerLike/.test(parent.name);

/**
 * All that the documentation of a project lacks, a line each.
 * @param {import("typedoc").ProjectReflection} project
 */
export function faultsOf(project) {
  const functions = project
    .getReflectionsByKind(ReflectionKind.Function)
    .flatMap(({ signatures }) => (signatures ?? []).map((signature) => [signature, functionFaults(signature)]));
  const methods = project
    .getReflectionsByKind(ReflectionKind.Method)
    .flatMap((method) =>
      (method.signatures ?? [])
        .filter((signature) =>
          isCalled({ ...signature, parent: method.parent, flags: method.flags, parameters: signature.parameters }),
        )
        .map((signature) => [signature, methodFaults(signature)]),
    );
  return [...functions, ...methods]
    .filter(([, missing]) => missing.length > 0)
    .map(([signature, missing]) => `${signature.getFriendlyFullName()} lacks ${missing.join(", ")}`);
}
