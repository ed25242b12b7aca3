// The load generator, one thread each: several tenants' loads run side by side, and none waits for another.

import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import type { LoadPlan, LoadResult } from './shots.ts'

export interface LoadGenerator {
  run(plan: LoadPlan): Promise<LoadResult>
  close(): Promise<void>
}

export function loadGenerator(): LoadGenerator {
  const thread = new Worker(join(import.meta.dirname, 'thread.ts'), { execArgv: ['--disable-warning=ExperimentalWarning'] })
  return {
    run: (plan) =>
      new Promise((resolve, reject) => {
        const settled = () => {
          thread.off('message', told)
          thread.off('error', failed)
        }
        const told = (result: LoadResult) => {
          settled()
          resolve(result)
        }
        const failed = (error: Error) => {
          settled()
          reject(error)
        }
        thread.on('message', told)
        thread.on('error', failed)
        thread.postMessage(plan)
      }),
    close: async () => {
      await thread.terminate()
    },
  }
}
