// One request at a time writes to a tus upload. A client that comes back after its connection broke must not wait until the
// server has found that out: whoever asks for the lock has its holder come to an end, keeping what it has received. A holder
// that died leaves it within ten seconds.

import type { Lock, RequestRelease } from '@tus/server'
import { failure } from '../../domain/failures.ts'
import type { UploadRpc } from '../../durable-objects/upload/rpc.ts'
import { Refusal } from './tus-refusal.ts'

const heldForMs = 10_000
const renewEveryMs = 1000
const askEveryMs = 250
/** Longer than a dead holder keeps it. */
const waitAtMostMs = 13_000

interface LockPorts {
  upload: Pick<UploadRpc, 'hold' | 'release'>
  holder: string
  now: () => number
  sleep: (ms: number) => Promise<void>
  /** What the holder has still to write down. */
  settled: () => Promise<unknown>
}

export function uploadLock({ upload, holder, now, sleep, settled }: LockPorts): Lock {
  let isHeld = false

  async function renew(cancel: RequestRelease): Promise<void> {
    while (isHeld) {
      await sleep(renewEveryMs)
      if (!isHeld) return
      const hold = await upload.hold(holder, heldForMs).catch(() => ({ isHeld: false, isWanted: true }))
      if (hold.isHeld && !hold.isWanted) continue
      return void (await cancel())
    }
  }

  return {
    async lock(signal, cancel) {
      const untilMs = now() + waitAtMostMs
      while (!(await upload.hold(holder, heldForMs)).isHeld) {
        if (signal.aborted || now() >= untilMs) throw new Refusal(busy)
        await sleep(askEveryMs)
      }
      isHeld = true
      void renew(cancel)
    },
    async unlock() {
      // The library gives up on a writer whose client has gone; what it keeps is kept under the lock.
      await settled()
      isHeld = false
      await upload.release(holder)
    },
  }
}

const busy = failure('resource/locked', 'Another request writes to this upload. Ask again in a moment.')
