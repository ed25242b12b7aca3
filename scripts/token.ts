// `npm run -s token -- --workspace W --user U --role R`: prints one workspace token for the running platform and nothing
// else. Makes the workspace and the user when they are missing.

import { parseArgs } from 'node:util'
import { type ClientPlatform, type Context, roles } from '../domain/identity.ts'
import { liveRun } from './local/run-file.ts'
import { stateDir } from './local/state-dir.ts'
import { issueToken, readIssuing } from './local/tokens.ts'

const usage = `npm run -s token -- --workspace W --user U [--role ${roles.join('|')}]
  [--context app|dashboard] [--platform web|mobile|m2m] [--scope "app/read app/write"] [--ttl seconds]`

function give(): Promise<string> {
  const { values } = parseArgs({
    options: {
      workspace: { type: 'string' },
      user: { type: 'string' },
      role: { type: 'string', default: 'member' },
      context: { type: 'string', default: 'app' },
      platform: { type: 'string', default: 'web' },
      scope: { type: 'string', multiple: true },
      ttl: { type: 'string', default: '3600' },
    },
  })
  if (!values.workspace || !values.user) throw new Error(`--workspace and --user are needed.\n${usage}`)
  const state = stateDir()
  const run = liveRun(state.runFile)
  if (!run) throw new Error(`No platform is running on ${state.dir}. Start one: npm start`)
  const ttlSeconds = Number(values.ttl)
  if (!Number.isInteger(ttlSeconds) || ttlSeconds <= 0) throw new Error(`--ttl is a whole number of seconds, not "${values.ttl}".`)
  return issueToken(readIssuing(state.keys, run.baseUrl), {
    workspace: values.workspace,
    user: values.user,
    role: oneOf('role', values.role, roles),
    context: oneOf<Context>('context', values.context, ['app', 'dashboard']),
    platform: oneOf<ClientPlatform>('platform', values.platform, ['web', 'mobile', 'm2m']),
    scope: values.scope?.join(' '),
    ttlSeconds,
  })
}

function oneOf<T extends string>(name: string, value: string, allowed: readonly T[]): T {
  const found = allowed.find((one) => one === value)
  if (!found) throw new Error(`--${name} is one of ${allowed.join(', ')}, not "${value}".`)
  return found
}

try {
  console.log(await Promise.resolve().then(give))
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exit(1)
}
