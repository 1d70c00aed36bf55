// Markdown with three additions of the article's own:
//
//   ::: name words        a block, up to the next line of ":::"; `blocks[name](words, inside, md)` renders it
//   [[term]] [[term|as it stands in the sentence]]
//   [@source] [@source @other]
import MarkdownIt from "markdown-it";

const FENCE = ":::";

/** The line that closes the block that begins at `start`. */
function closingLine(state, start, end) {
  for (let line = start + 1; line < end; line++) if (lineOf(state, line) === FENCE) return line;
  throw new Error(`${lineOf(state, start)}: no line of ${FENCE} closes it`);
}

const lineOf = (state, line) => state.src.slice(state.bMarks[line] + state.tShift[line], state.eMarks[line]).trimEnd();

function block(state, start, end, isSilent) {
  const text = lineOf(state, start);
  if (!text.startsWith(`${FENCE} `)) return false;
  if (isSilent) return true;
  const close = closingLine(state, start, end);
  const token = state.push("own", "", 0);
  [token.info, token.content] = [text.slice(FENCE.length + 1), state.getLines(start + 1, close, 0, false)];
  token.map = [start, close + 1];
  state.line = close + 1;
  return true;
}

const inline = (type, pattern) => (state, isSilent) => {
  pattern.lastIndex = state.pos;
  const found = pattern.exec(state.src);
  if (found === null) return false;
  if (!isSilent) state.push(type, "", 0).meta = found.slice(1);
  state.pos += found[0].length;
  return true;
};

/**
 * @param {Record<string, (words: string[], inside: string, md: MarkdownIt) => string>} blocks
 * @param {(name: string, shown: string) => string} term
 * @param {(names: string[]) => string} source
 */
export function createMarkdown(blocks, term, source) {
  const md = new MarkdownIt({ typographer: true });
  md.block.ruler.before("fence", "own", block, { alt: ["paragraph", "list"] });
  md.inline.ruler.before("link", "term", inline("term", /\[\[([^\]|]+)(?:\|([^\]]+))?\]\]/y));
  md.inline.ruler.before("link", "source", inline("source", /\[(@[\w-]+(?: @[\w-]+)*)\]/y));
  md.renderer.rules.own = (tokens, index) => {
    const [name, ...words] = tokens[index].info.split(" ");
    if (!Object.hasOwn(blocks, name)) throw new Error(`no block is called ${name}`);
    return blocks[name](words, tokens[index].content, md);
  };
  md.renderer.rules.term = (tokens, index) => {
    const [name, shown] = tokens[index].meta;
    return term(name, shown ?? name);
  };
  md.renderer.rules.source = (tokens, index) => source(tokens[index].meta[0].split(" ").map((name) => name.slice(1)));
  return md;
}
