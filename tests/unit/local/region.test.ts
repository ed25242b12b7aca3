// A region as a whole, over its control door: what `npm run region` does, and an engine that dies by itself.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type LocalRegion, startRegion } from '../../../scripts/local/region.ts'
import { type TapControl, tapControl } from '../../../scripts/local/tap/control-client.ts'

let dir: string
let region: LocalRegion
let control: TapControl
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'laurel-region-'))
  region = await startRegion({ region: 'eu-west-1', dir, table: 'laurel' })
  control = tapControl(region.controlUrl)
})
afterAll(async () => {
  await region.close()
  rmSync(dir, { recursive: true })
})

/** Unsigned: what matters is whether anybody answers. */
const answers = () =>
  fetch(region.url, { method: 'POST', signal: AbortSignal.timeout(300) }).then(
    (response) => response.status,
    (error: Error) => (error.name === 'TimeoutError' ? 'hangs' : 'refused'),
  )

test('stop kills the engine and refuses, freeze hangs, start brings back the same address', async () => {
  expect(await answers()).toBe(400)
  const { enginePid, url } = await control.state()
  expect(await control.stop()).toMatchObject({ state: 'stopped' })
  expect(() => process.kill(enginePid ?? 0, 0)).toThrow()
  expect(await answers()).toBe('refused')
  expect(await control.start()).toMatchObject({ state: 'running', url })
  expect(await answers()).toBe(400)
  await control.freeze()
  expect(await answers()).toBe('hangs')
  await control.stop()
  expect(await answers()).toBe('refused')
  await control.start()
  expect(await answers()).toBe(400)
})

test('commands that cross are carried out one after another', async () => {
  const states = await Promise.all([control.stop(), control.start(), control.stop(), control.start()])
  expect(states.at(-1)).toMatchObject({ state: 'running' })
  expect(await answers()).toBe(400)
})

test('an engine that dies by itself takes the region down, until it is started again', async () => {
  const { exited, pid } = region.dynamo
  process.kill(pid, 'SIGKILL')
  await exited
  await expect.poll(() => control.state()).toMatchObject({ state: 'stopped' })
  expect(await answers()).toBe('refused')
  expect(await control.start()).toMatchObject({ state: 'running' })
  expect(region.dynamo.pid).not.toBe(pid)
  expect(await answers()).toBe(400)
})

test('rules and lag can be set from another process; pages of a browser cannot', async () => {
  const rule = await control.addRule({ fault: { kind: 'cut' }, times: 1 })
  await fetch(region.url, { method: 'POST' })
  expect((await control.state()).rules).toMatchObject([{ id: rule.id, hits: 0 }])
  await rule.remove()
  expect((await control.state()).rules).toEqual([])
  await expect(rule.release()).rejects.toThrow('404')
  expect(await control.setLag(5)).toMatchObject({ unsent: 0 })
  const plain = await fetch(`${region.controlUrl}/stop`, { method: 'POST' })
  expect(plain.status).toBe(403)
  expect(await answers()).toBe(400)
})
