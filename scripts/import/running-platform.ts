// How a script on this machine finds the running platform and proves who it is: the run file says where it is, the
// local keys sign tokens. LAUREL_URL names another address; LAUREL_APP_TOKEN and LAUREL_DASHBOARD_TOKEN replace the
// tokens, which is the way to a platform that is not this machine's (they last an hour: run again with new ones).

import type { LocalPlatform } from '../local/platform.ts'
import { liveRun } from '../local/run-file.ts'
import { stateDir } from '../local/state-dir.ts'
import { issueToken, readIssuing } from '../local/tokens.ts'
import type { Api, Context } from './client.ts'

/** Null when none is running here. */
export function runningPlatform(): LocalPlatform | null {
  const state = stateDir()
  const run = liveRun(state.runFile)
  if (!run) return null
  return {
    baseUrl: process.env.LAUREL_URL ?? run.baseUrl,
    dir: state.dir,
    token: (request) => issueToken(readIssuing(state.keys, run.baseUrl), request),
  }
}

/** The importer is a machine with an admin's role: it makes the boards as well as the events. */
export const importerApi = (platform: Pick<LocalPlatform, 'baseUrl' | 'token'>, workspace: string): Api => ({
  baseUrl: platform.baseUrl,
  token: (context) => platform.token({ workspace, user: 'importer', role: 'admin', context, platform: 'm2m' }),
})

/** Null when the environment does not name both a platform and tokens. */
export function givenApi(environment: NodeJS.ProcessEnv): Api | null {
  const baseUrl = environment.LAUREL_URL
  const tokens: Record<Context, string | undefined> = { app: environment.LAUREL_APP_TOKEN, dashboard: environment.LAUREL_DASHBOARD_TOKEN }
  if (!baseUrl || !tokens.app || !tokens.dashboard) return null
  return { baseUrl, token: async (context) => tokens[context] as string }
}
