// The order of the files: what starts processes and browsers goes first, lest one worker be left with it at the end.
import { BaseSequencer, type TestSpecification } from "vitest/node";

const FIRST = /\/tests\/(playground|package|cli|site|sweep-node)\//;

export class ProcessesFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files); // by project, then by how long they took
    return sorted.sort((a, b) => {
      if (a.project.name !== b.project.name) return 0;
      return Number(FIRST.test(b.moduleId)) - Number(FIRST.test(a.moduleId));
    });
  }
}
