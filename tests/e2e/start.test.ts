// `npm start` and its company, as a user meets them.

import { existsSync, lstatSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { identify, isStillRunning } from '../../scripts/local/processes.ts'
import { readRun } from '../../scripts/local/run-file.ts'
import { stateDir } from '../../scripts/local/state-dir.ts'
import { type Platform, runScript, startPlatform } from './support/platform.ts'

const platforms: Platform[] = []
const start = async (...args: Parameters<typeof startPlatform>) => {
  const platform = await startPlatform(...args)
  platforms.push(platform)
  return platform
}
afterEach(async () => {
  for (const platform of platforms.splice(0)) await platform.remove()
})

const running = (platform: Platform) => platform.run().parts.filter(isStillRunning)
const getMe = async (platform: Platform, token: string) => {
  const response = await fetch(`${platform.baseUrl}/app/v1/users/me`, { headers: { authorization: `Bearer ${token}` } })
  return { status: response.status, body: (await response.json()) as Record<string, unknown> }
}

test('it comes up, lists its parts, and the printed curl line works; Ctrl-C leaves nothing running', async () => {
  const platform = await start({ noDemo: true })
  const names = platform.run().parts.map((part) => part.name)
  expect(names.sort()).toEqual(['eu-north-1', 'eu-north-1 engine', 'eu-west-1', 'eu-west-1 engine', 'platform', 'worker'])
  expect(running(platform)).toHaveLength(6)
  const [, token, url] = /^curl -s -H "authorization: Bearer (\S+)" "(\S+)"$/m.exec(platform.output()) ?? []
  const response = await fetch(String(url), { headers: { authorization: `Bearer ${token}` } })
  expect(response.status).toBe(200)
  // Keys, codes in the log, everybody's data: nothing of it is anybody else's on this machine.
  const kept = readdirSync(platform.dir, { recursive: true }) as string[]
  expect(kept).toEqual(expect.arrayContaining(['run.json', 'logs/worker.log', 'keys/keyring.json', 'keys/operator-key']))
  expect(kept.filter((name) => (lstatSync(join(platform.dir, name)).mode & 0o077) !== 0)).toEqual([])
  const parts = platform.run().parts
  expect(await platform.stop()).toBe(0)
  expect(parts.filter(isStillRunning)).toEqual([])
  expect(existsSync(stateDir(platform.dir).runFile)).toBe(false)
})

test('the token script prints one token and nothing else, and the same name is the same workspace', async () => {
  const platform = await start({ noDemo: true })
  const args = ['--workspace', 'acme', '--user', 'ada', '--role', 'admin']
  const first = await platform.runScript('token.ts', args)
  expect(first).toMatchObject({ code: 0, stderr: '' })
  expect(first.stdout).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+\n$/)
  const me = await getMe(platform, first.stdout.trim())
  expect(me).toMatchObject({ status: 200 })
  const second = await platform.runScript('token.ts', args)
  const claims = (token: string) => JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())
  expect(claims(second.stdout).workspaceId).toBe(claims(first.stdout).workspaceId)
  expect(claims(first.stdout)).toMatchObject({ userId: 'ada', role: 'admin', context: 'app', platform: 'web', token_use: 'access' })
  // An id with characters that no slug has is a workspace like any other.
  const awkward = await platform.runScript('token.ts', ['--workspace', 'Ws_acme-1_', '--user', 'ada'])
  expect(await getMe(platform, awkward.stdout.trim())).toMatchObject({ status: 200, body: { workspaceId: 'Ws_acme-1_' } })
  const refused = await platform.runScript('token.ts', ['--workspace', 'acme', '--user', 'not a user id'])
  expect(refused).toMatchObject({ code: 1, stdout: '' })
  expect(refused.stderr).toContain('Not a user id')
})

test('what was written is there after kill -9 of everything, and the next start is clean', async () => {
  const before = await start({ noDemo: true })
  const token = await before.token({ workspace: 'acme', user: 'ada' })
  expect((await getMe(before, token)).status).toBe(200)
  const parts = before.run().parts
  await before.kill()
  expect(parts.filter(isStillRunning)).toEqual([])
  const after = await start({ noDemo: true, dir: before.dir, port: before.port })
  // The same token: keys are kept. Read without making anything: a token made now would make the user too.
  expect((await getMe(after, token)).status).toBe(200)
})

test('when only the parent is killed, nothing goes on serving once the next start is up', async () => {
  const before = await start({ noDemo: true })
  const parts = before.run().parts
  process.kill(parts.find((part) => part.name === 'platform')?.pid ?? 0, 'SIGKILL')
  const after = await start({ noDemo: true, dir: before.dir, port: before.port })
  expect(parts.filter(isStillRunning)).toEqual([])
  expect(running(after)).toHaveLength(6)
})

test('a process that has taken the number of a dead part is left alone', async () => {
  const before = await start({ noDemo: true })
  const run = before.run()
  await before.kill()
  const { runFile } = stateDir(before.dir)
  const own = identify(process.pid)
  // This test's own pid, with the dead worker's start time: what the file says would be wrong to believe.
  writeFileSync(runFile, JSON.stringify({ ...run, parts: run.parts.map((part) => ({ ...part, pid: process.pid })) }))
  const after = await start({ noDemo: true, dir: before.dir, port: before.port })
  expect(running(after)).toHaveLength(6)
  expect(identify(process.pid)).toEqual(own)
})

test('a taken port and a second start are refused with a word on what to do, and change nothing', async () => {
  const stranger = createServer((_, response) => response.end('mine'))
  await new Promise<void>((resolve) => stranger.listen(0, '127.0.0.1', resolve))
  const { port } = stranger.address() as AddressInfo
  await expect(startPlatform({ noDemo: true, port })).rejects.toThrow(/ended with 1:[\s\S]*Port \d+ is taken/)
  stranger.close()

  const platform = await start({ noDemo: true })
  const runFile = readFileSync(stateDir(platform.dir).runFile, 'utf8')
  await expect(startPlatform({ noDemo: true, dir: platform.dir })).rejects.toThrow(/ended with 1:[\s\S]*already running/)
  expect(readFileSync(stateDir(platform.dir).runFile, 'utf8')).toBe(runFile)
  expect(running(platform)).toHaveLength(6)
})

test('a region can be away from the start, and one that there is not is refused', async () => {
  await expect(startPlatform({ noDemo: true, args: ['--stopped', 'us-east-1'] })).rejects.toThrow(/ended with 1:[\s\S]*no region us-east-1/)
  const platform = await start({ noDemo: true, args: ['--stopped', 'eu-west-1'] })
  expect(await platform.region('state', 'eu-west-1')).toMatchObject({ state: 'stopped' })
  expect(await platform.region('state', 'eu-north-1')).toMatchObject({ state: 'running' })
  await platform.region('start', 'eu-west-1')
  expect(await platform.region('state', 'eu-west-1')).toMatchObject({ state: 'running' })
})

test('the region script kills, freezes and brings back a region; the run file follows', async () => {
  const platform = await start({ noDemo: true })
  const engine = () => platform.run().parts.find((part) => part.name === 'eu-west-1 engine')
  const [first] = [engine()]
  const { url } = (await platform.control('eu-west-1').state()) ?? {}
  expect((await platform.runScript('region.ts', ['stop', 'eu-west-1'])).stdout).toContain('eu-west-1 stopped')
  await expect(fetch(url)).rejects.toThrow()
  expect(first && isStillRunning(first)).toBe(false)
  const ready = await fetch(`${platform.baseUrl}/health/ready`)
  expect(ready.status).toBe(200)
  const parts = ((await ready.json()) as { parts: Array<{ name: string; up: boolean }> }).parts
  expect(parts.find((part) => part.name === 'eu-west-1')?.up).toBe(false)

  expect((await platform.runScript('region.ts', ['start', 'eu-west-1'])).stdout).toContain('eu-west-1 running')
  expect((await platform.control('eu-west-1').state()).url).toBe(url)
  expect(engine()?.pid).not.toBe(first?.pid)
  expect(running(platform)).toHaveLength(6)

  await platform.runScript('region.ts', ['freeze', 'eu-west-1'])
  await expect(fetch(url, { signal: AbortSignal.timeout(200) })).rejects.toThrow(/timeout|aborted/i)
  await platform.runScript('region.ts', ['start', 'eu-west-1'])
  expect((await fetch(url)).status).toBe(400)
  expect(await platform.runScript('region.ts', ['stop', 'us-east-1'])).toMatchObject({ code: 1 })
})

test('reset refuses while the platform runs and forgets everything after', async () => {
  const platform = await start({ noDemo: true })
  expect(await platform.runScript('reset.ts', [])).toMatchObject({ code: 1 })
  await platform.kill()
  const env = { ...process.env, LAUREL_DIR: platform.dir }
  expect(await runScript('reset.ts', [], env)).toMatchObject({ code: 0 })
  for (const name of ['dynamodb', 'taps', 'worker', 'keys', 'run.json']) expect(existsSync(join(platform.dir, name))).toBe(false)
  expect(readRun(stateDir(platform.dir).runFile)).toBeUndefined()
  const lost = await runScript('token.ts', ['--workspace', 'acme', '--user', 'ada'], env)
  expect(lost).toMatchObject({ code: 1, stdout: '' })
  expect(lost.stderr).toContain('npm start')
})
