// The load generator's own thread: what the bench itself does meanwhile (reading logs, asking taps) delays no request.

import { parentPort } from 'node:worker_threads'
import { fire } from './fire.ts'
import type { LoadPlan, ShotSource } from './shots.ts'

parentPort?.on('message', async (plan: LoadPlan) => {
  const { shotsOf } = (await import(plan.source.module)) as { shotsOf(data: unknown): ShotSource }
  parentPort?.postMessage(await fire(plan, shotsOf(plan.source.data)))
})
