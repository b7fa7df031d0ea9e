// The command line: which command is meant, and how its end is reported.

import { parseArgs } from 'node:util';
import { bench, usage as benchUsage } from './bench.js';
import { decide, usage as decideUsage } from './decide.js';
import { EXIT, Fault, report } from './fault.js';
import { splitToFolder, usage as splitUsage } from './split.js';

const HELP = `Decides by a policy whether tags of a container registry may be written or deleted.

${decideUsage}
    Decides events: JSON, one on each line, from a file or from standard input.
${splitUsage}
    Writes the component as core modules, for platforms where code may not be made from bytes.
${benchUsage}
    Measures this host, and writes one line of JSON.

TAGSEAL_COMPONENT names a component too. Exit codes: 0 allowed or fine; 1 denied; 2 wrong usage, no event, an unreadable file or
an invalid policy; 3 the component is refused; 4 the component failed.
`;

/** What a shell shows for a program that wrote to a pipe without a reader. */
const EXIT_PIPE = 141;

/**
 * Does what the command line says, and returns the exit code.
 *
 * @param {string[]} args
 * @returns {Promise<number>}
 */
export async function run(args) {
  try {
    return await dispatch(args);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EPIPE') {
      return EXIT_PIPE;
    }
    const { lines, exitCode } = report(error);
    process.stderr.write(`${lines.join('\n')}\n`);
    return exitCode;
  }
}

/** @param {string[]} args */
async function dispatch([name, ...args]) {
  if (name === undefined || name === '--help' || name === 'help') {
    process.stdout.write(HELP);
    return name === undefined ? EXIT.usage : EXIT.fine;
  }
  const { values, positionals } = parsed(args);
  switch (name) {
    case 'decide':
      return decide(positionals, values);
    case 'split':
      return splitToFolder(positionals, values);
    case 'bench':
      return bench(positionals, values);
    default:
      throw new Fault(EXIT.usage, `there is no command \`${name}\`; see \`tagseal --help\``);
  }
}

/** @param {string[]} args */
function parsed(args) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: { component: { type: 'string' }, memory: { type: 'string' }, vectors: { type: 'string' } },
    });
  } catch (error) {
    throw new Fault(EXIT.usage, error instanceof Error ? error.message : String(error));
  }
}
