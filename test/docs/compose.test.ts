/** compose.yaml, read by the program that would run it. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
/** The plugin of today, or the program that came before it. */
const PROGRAMS = [['docker', 'compose'] as const, ['docker-compose'] as const];

function readByCompose(): string | undefined {
  for (const [program, ...plugin] of PROGRAMS) {
    if (spawnSync(program, [...plugin, 'version'], { stdio: 'ignore' }).status !== 0) continue;
    const { status, stdout, stderr } = spawnSync(
      program,
      [...plugin, '-f', 'compose.yaml', '--profile', 'setup', 'config'],
      {
        cwd: ROOT,
        encoding: 'utf8',
      },
    );
    if (status !== 0) throw new Error(stderr);
    return stdout;
  }
  return undefined;
}

describe('compose.yaml', () => {
  it('is taken by compose, with the servers and three kinds of nodes', (context) => {
    const config = readByCompose();
    if (config === undefined) context.skip('neither "docker compose" nor docker-compose is installed');
    const services = [...(config ?? '').matchAll(/^ {2}([a-z-]+):$/gm)].map(([, name]) => name);
    expect(services).toEqual(
      expect.arrayContaining(['mariadb', 'redis', 'rocketmq', 'setup', 'membership', 'promotion', 'push']),
    );
  });

  it('sets no variable that the program does not know', () => {
    const known = readFileSync(`${ROOT}docs/OPERATING.md`, 'utf8');
    const texts = ['compose.yaml', 'Dockerfile', 'docker/first-start.sh'].map((file) =>
      readFileSync(ROOT + file, 'utf8'),
    );
    const variables = new Set(texts.flatMap((text) => [...text.matchAll(/\bFANFARE_[A-Z_]+/g)].map(([name]) => name)));
    expect(variables.size).toBeGreaterThan(4);
    for (const variable of variables) expect(known, variable).toContain(`\`${variable}\``);
  });
});
