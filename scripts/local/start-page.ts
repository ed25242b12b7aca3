// What `npm start` prints when everything is up: where it is, who one may be, and a line to paste.

import type { RunningPlatform } from './platform.ts'

export const demoWorkspace = 'demo'

/** What filling the demo workspace left that is worth showing. */
export interface Shown {
  topUserId: string | null
  allTimeBoardId: string | null
}

export async function describeStart(platform: RunningPlatform, demo?: Shown): Promise<string> {
  const { baseUrl, run } = platform
  const day = { workspace: demoWorkspace, ttlSeconds: 24 * 3600 }
  const user = await platform.token({ ...day, user: demo?.topUserId ?? 'guest', role: 'member', context: 'app' })
  const admin = await platform.token({ ...day, user: 'admin', role: 'admin', context: 'dashboard' })
  const board = demo?.allTimeBoardId
  const path = board ? `/runtime-leaderboards/${board}/rankings?limit=5` : '/users/me'
  const regions = run.parts.filter((part) => part.controlUrl).map((part) => `  ${part.name.padEnd(11)} ${part.url}`)
  return [
    '',
    'Laurel is up.',
    `  app         ${baseUrl}/app/v1`,
    `  dashboard   ${baseUrl}/dashboard/v1`,
    `  health      ${baseUrl}/health/ready`,
    ...regions,
    `  state       ${run.dir}`,
    '',
    `A user's token${demo?.topUserId ? ' (the author of most commits)' : ''}, good for a day:`,
    user,
    '',
    "An admin's token, for the dashboard API:",
    admin,
    '',
    board ? 'The ranking, from the top:' : 'Who that user is:',
    `curl -s -H "authorization: Bearer ${user}" "${baseUrl}/app/v1${path}"`,
    '',
    `Other tokens:    npm run -s token -- --workspace ${demoWorkspace} --user guest --role member`,
    'Break a region:  npm run region -- stop|freeze|start eu-west-1',
    'Stop:            Ctrl-C',
  ].join('\n')
}
