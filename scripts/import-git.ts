// `npm run import:git -- <repository> [--workspace W] [--since …] [--compare]`: a repository's history becomes users,
// points and boards of a workspace. May be stopped and started again at any time. Exits 1 when a commit was refused, or
// when --compare finds a number that is not git's.

import { existsSync, realpathSync } from 'node:fs'
import { basename, join } from 'node:path'
import { parseArgs } from 'node:util'
import { Refused, Unavailable } from './import/client.ts'
import { compareWithShortlog } from './import/compare.ts'
import { hasHistory } from './import/git.ts'
import { importRepository } from './import/import.ts'
import { progressOn } from './import/progress.ts'
import { givenApi, importerApi, runningPlatform } from './import/running-platform.ts'
import { stateDir } from './local/state-dir.ts'

const usage = `npm run import:git -- <repository> [options]
  --workspace W   into which workspace (default: git-<name of the folder>, made when missing)
  --since S       only commits that git log --since=S shows
  --compare       then hold every board against git, and say what differs
  --patience S    seconds to wait for a server that is away (default 600)`

/** What the user can act on; shown without a stack. */
class Misused extends Error {}

async function main(): Promise<number> {
  const { values, positionals } = parse()
  if (values.help) {
    console.log(usage)
    return 0
  }
  const [repository, ...others] = positionals
  if (repository === undefined || others.length > 0) throw new Misused(`One repository is needed.\n${usage}`)
  if (!existsSync(repository)) throw new Misused(`There is no ${repository}.`)
  if (!(await hasHistory(repository))) throw new Misused(`${repository} is not a git repository with commits.`)
  const patienceMs = Number(values.patience) * 1000
  if (!(patienceMs > 0)) throw new Misused(`--patience is a number of seconds, not "${values.patience}".`)

  const { since } = values
  const workspace = values.workspace ?? defaultWorkspace(repository)
  const api = apiFor(workspace)
  const progress = progressOn(process.stderr)
  const log = (line: string) => {
    progress.end()
    console.log(line)
  }
  const options = {
    api,
    repository,
    since,
    client: {
      patienceMs,
      onWait: (reason: string, ms: number) => ms >= 1_000 && progress.say(`waiting ${Math.round(ms / 1000)} s: ${reason}`),
    },
  }
  console.log(`Importing ${realpathSync(repository)} into ${workspace}`)
  try {
    const summary = await importRepository({
      ...options,
      log,
      progress: progress.show,
      checkpointDir: join(stateDir().dir, 'imports'),
    })
    progress.end()
    if (summary.setup) console.log(`All-time board ${summary.setup.allTimeBoardId}, first monthly board ${summary.setup.monthlyBoardId}`)
    if (summary.refused > 0) return 1
  } finally {
    progress.end()
  }
  return values.compare ? compare(options) : 0
}

function parse() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        workspace: { type: 'string' },
        since: { type: 'string' },
        compare: { type: 'boolean', default: false },
        patience: { type: 'string', default: '600' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    })
  } catch (error) {
    throw new Misused(`${error instanceof Error ? error.message : error}\n${usage}`)
  }
}

/** One repository, one workspace: two in one would add up to what neither's shortlog says. */
function defaultWorkspace(repository: string): string {
  const folder = basename(realpathSync(repository))
    .toLowerCase()
    .replace(/\.git$/, '')
  return `git-${folder.replace(/[^a-z0-9]+/g, '-').replace(/^-+|-+$/g, '') || 'repository'}`
}

function apiFor(workspace: string) {
  const given = givenApi(process.env)
  if (given) return given
  const platform = runningPlatform()
  if (platform) return importerApi(platform, workspace)
  throw new Misused(`No platform is running on ${stateDir().dir}. Start one: npm start`)
}

const settleMs = 60_000
const shownDifferences = 20

async function compare(options: Parameters<typeof compareWithShortlog>[0]): Promise<number> {
  const { differences, boards, rows } = await compareWithShortlog({ ...options, settleMs })
  for (const line of differences.slice(0, shownDifferences)) console.error(line)
  if (differences.length > shownDifferences) console.error(`… and ${differences.length - shownDifferences} more`)
  console.log(
    `${boards} boards with ${rows} rows held against git: ${differences.length === 0 ? 'all equal' : `${differences.length} differ`}`,
  )
  return differences.length === 0 ? 0 : 1
}

try {
  process.exitCode = await main()
} catch (error) {
  const expected = error instanceof Misused || error instanceof Unavailable || error instanceof Refused
  console.error(expected ? error.message : error)
  process.exitCode = 1
}
