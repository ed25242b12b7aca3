// An object's alarm behind the gate that all objects of its isolate share (wake-gate.ts).

import type { Drain } from './drain.ts'
import { wakeGate } from './wake-gate.ts'

const gate = wakeGate()

/** `log`: of an object that is open already, whose agenda must know that its alarm was moved. */
export async function inTurn(
  storage: Pick<DurableObjectStorage, 'setAlarm'>,
  log: { drain: Pick<Drain, 'agenda'> } | undefined,
  work: () => Promise<void>,
): Promise<void> {
  const entered = gate.enter(Date.now())
  if ('againAtMs' in entered) {
    if (log) log.drain.agenda.postpone(entered.againAtMs)
    else await storage.setAlarm(entered.againAtMs)
    return
  }
  try {
    await work()
  } finally {
    entered.leave()
  }
}
