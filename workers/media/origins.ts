// Where media are read from: R2, and a copy of it elsewhere where R2 has no answer, answers too late, or has lost what the
// record says is there.
//
// Guarantees: an R2 that does not answer costs one reader its patience, and not each: then the copy is asked first for a
// while. Whoever cannot be served by the one is always served by the other if that can. Trade-offs: one failure of R2 is
// enough, since the copy is as good; each isolate learns for itself; a stream that stops halfway is not taken up elsewhere:
// the answer breaks, and the client asks for the rest.

import { admit, type BreakerSettings, closedBreaker, settle } from '../../aws-core/regions/breaker.ts'
import type { BlobCopies, BlobFailure, BlobReader, Span } from '../../domain/media/blobs.ts'
import { fail, type Result } from '../../domain/result.ts'

/** R2 begins to answer within a tenth of it. */
const patienceMs = 3000

const settings: BreakerSettings = { failuresToOpen: 1, successesToClose: 1, openMs: 10_000, trialMs: 2 * patienceMs }

type Read = Result<ReadableStream<Uint8Array>, BlobFailure>

export function originWithCopies(first: BlobReader, copies: BlobCopies | null, now: () => number, patience = patienceMs): BlobReader {
  if (copies === null) return { read: (key, span) => readInTime(first, key, span, patience) }
  let state = closedBreaker

  async function readFirst(key: string, span: Span | undefined, ticket: number): Promise<Read> {
    const read = await readInTime(first, key, span, patience)
    // Others have settled meanwhile: the state is the newest. That there is no such object is an answer.
    state = settle(state, ticket, read.ok || read.error.code === 'blob/not_found', now(), settings)
    return read
  }

  return {
    async read(key, span) {
      const admission = admit(state, now(), settings)
      state = admission.state
      if (!admission.admitted) {
        const copy = await copies.read(key, span)
        return copy.ok ? copy : either(await readInTime(first, key, span, patience), copy)
      }
      const read = await readFirst(key, span, admission.ticket)
      return read.ok ? read : either(await copies.read(key, span), read)
    },
  }
}

/** Not there is only what is at neither. */
function either(last: Read, before: Read & { ok: false }): Read {
  if (last.ok) return last
  const code = last.error.code === 'blob/not_found' && before.error.code === 'blob/not_found' ? 'blob/not_found' : 'blob/unavailable'
  return fail({ code, detail: `${before.error.detail}; ${last.error.detail}` })
}

async function readInTime(reader: BlobReader, key: string, span: Span | undefined, patience: number): Promise<Read> {
  const reading = reader.read(key, span)
  const read = await inTime(reading, patience)
  if (read !== null) return read
  // What comes after all is not for anyone.
  reading.then((late) => (late.ok ? late.value.cancel() : undefined)).catch(() => {})
  return fail({ code: 'blob/unavailable', detail: `no answer within ${patience} ms` })
}

/** Null where it fails or does not end in time; it goes on then. */
export async function inTime<T>(work: Promise<T>, ms = patienceMs): Promise<T | null> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<null>((resolve) => {
    timer = setTimeout(() => resolve(null), ms)
  })
  try {
    return await Promise.race([work.catch(() => null), late])
  } finally {
    clearTimeout(timer)
  }
}
