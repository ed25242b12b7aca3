// What may go on when the answer has gone. Hono throws where there is no execution context, as in a test that calls the
// app itself: the work then goes on by itself.

import type { Context } from 'hono'
import type { AfterAnswer } from './trace.ts'

export const afterAnswer =
  (c: Pick<Context, 'executionCtx'>): AfterAnswer =>
  (work) => {
    try {
      c.executionCtx.waitUntil(work)
    } catch {
      void work
    }
  }
