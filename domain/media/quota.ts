// Whether a workspace's plan has room for one more media. Pure; the workspace decides by it, and who is about to upload is
// told by it before the bytes are sent.

import { type Failure, failure } from '../failures.ts'
import type { Plan } from '../limits/plans.ts'
import { mediaLimitsOf } from './limits.ts'
import type { MediaUsage } from './types.ts'

/** Null where there is room. Bytes that are kept already (`isKept`) take none. */
export function refuseQuota(plan: Plan, usage: MediaUsage, { size, isKept }: { size: number; isKept: boolean }): Failure | null {
  const { fileBytes, totalBytes, items } = mediaLimitsOf(plan)
  if (size > fileBytes) return full(`A file of this workspace's plan has at most ${fileBytes} bytes; this one has ${size}.`)
  if (usage.items >= items)
    return full(`A workspace of this plan keeps at most ${items} media, deleted ones that can be restored included.`)
  if (!isKept && usage.bytes + size > totalBytes)
    return full(`A workspace of this plan keeps at most ${totalBytes} bytes, and ${usage.bytes} are taken; this file has ${size}.`)
  return null
}

const full = (detail: string): Failure => failure('business/precondition_failed', detail)
