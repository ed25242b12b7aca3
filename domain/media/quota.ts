// Whether a workspace's plan has room for one more media, or for one more upload. Pure; the workspace decides by it, and who
// is about to upload is told by it before the bytes are sent. Room that is kept for unfinished uploads is taken.

import { type Failure, failure } from '../failures.ts'
import type { Plan } from '../limits/plans.ts'
import { mediaLimitsOf } from './limits.ts'
import type { MediaUsage, ReservedMedia } from './types.ts'

interface Wanted {
  size: number
  /** Bytes that are kept already take no room. */
  isKept: boolean
  /** For uploads, this one's own apart. */
  reserved: ReservedMedia
}

/** Null where there is room. */
export function refuseQuota(plan: Plan, usage: MediaUsage, { size, isKept, reserved }: Wanted): Failure | null {
  const { fileBytes, totalBytes, items } = mediaLimitsOf(plan)
  if (size > fileBytes) return full(`A file of this workspace's plan has at most ${fileBytes} bytes; this one has ${size}.`)
  if (usage.items + reserved.uploads >= items)
    return full(`A workspace of this plan keeps at most ${items} media, deleted ones that can be restored and unfinished uploads included.`)
  const taken = usage.bytes + reserved.bytes
  if (!isKept && taken + size > totalBytes)
    return full(
      `A workspace of this plan keeps at most ${totalBytes} bytes, and ${taken} are taken, ` +
        `${reserved.bytes} of them by unfinished uploads; this file has ${size}.`,
    )
  return null
}

/** Null where one more upload may begin. */
export function refuseUpload(plan: Plan, usage: MediaUsage, { size, reserved }: Omit<Wanted, 'isKept'>): Failure | null {
  const { unfinishedUploads } = mediaLimitsOf(plan)
  if (reserved.uploads >= unfinishedUploads)
    return full(
      `A workspace of this plan has at most ${unfinishedUploads} unfinished uploads. Finish or end some, or wait until they expire.`,
    )
  return refuseQuota(plan, usage, { size, isKept: false, reserved })
}

const full = (detail: string): Failure => failure('business/precondition_failed', detail)
