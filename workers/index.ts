// The worker: wiring only.

import * as platform from 'cloudflare:workers'
import type { OutboxMessage } from '../domain/outbox.ts'
import { laurelApp } from './app-of.ts'
import { edgePartsOf } from './composition.ts'
import { consumeOutbox } from './consumers/outbox.ts'
import type { EdgeApp } from './edge/exchange.ts'
import type { EdgeParts } from './edge/parts.ts'

export { Leaderboard } from '../durable-objects/leaderboard/leaderboard.ts'
export { Player } from '../durable-objects/player/player.ts'
export { RateLimiter } from '../durable-objects/rate-limiter/rate-limiter.ts'
export { SignIn } from '../durable-objects/sign-in/sign-in.ts'
export { Upload } from '../durable-objects/upload/upload.ts'
export { Workspace } from '../durable-objects/workspace/workspace.ts'

interface Wired {
  env: Env
  parts: EdgeParts
  app: EdgeApp
}

let wired: Wired | undefined

/** Once per isolate; again should the runtime hand in another Env. */
function wire(env: Env): Wired {
  if (wired?.env !== env) {
    // Workers' own tracing, where the runtime has it (an import by name would fail where it has not) and it is wanted: a span
    // that nobody keeps costs as much as one that is kept.
    const parts = edgePartsOf(env, env.NATIVE_TRACING === 'on' ? platform.tracing : undefined)
    wired = { env, parts, app: laurelApp(parts).app }
  }
  return wired
}

const nothing = () => {}

export default {
  fetch(request, env, context) {
    const answer = wire(env).app.fetch(request, env, context)
    // Also when the caller has gone: who holds a place, or asks for others too, must come to its end to give it back.
    if (answer instanceof Promise) context.waitUntil(answer.then(nothing, nothing))
    return answer
  },
  queue: (batch, env, context) => consumeOutbox(wire(env).parts, batch.messages, context),
} satisfies ExportedHandler<Env, OutboxMessage>
