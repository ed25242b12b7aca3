// The whole platform as `npm start` starts it, in processes of its own, on a state directory that is thrown away: two
// regions behind their taps, and the Worker on Miniflare's direct socket (D1, R2 and queues are Miniflare's).

import { spawn } from 'node:child_process'
import { closeSync, mkdirSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { freePort } from '../scripts/local/ports.ts'
import { endingWithParent } from '../scripts/local/processes.ts'
import { type Part, readRun } from '../scripts/local/run-file.ts'
import { root, stateDir } from '../scripts/local/state-dir.ts'
import { type Issuing, readIssuing } from '../scripts/local/tokens.ts'

export interface LocalPlatform {
  baseUrl: string
  /** Of workerd. */
  pid: number
  issuing: Issuing
  /** Every process and where it is. */
  parts: Part[]
  /** What the Worker says. */
  workerLog: string
  close(): Promise<void>
}

const startsWithinMs = 120_000

/** Throws with where to look when it does not start. */
export async function startLocalPlatform(dir: string): Promise<LocalPlatform> {
  const state = stateDir(dir)
  mkdirSync(state.dir, { recursive: true })
  const logFile = join(state.dir, 'platform.log')
  const log = openSync(logFile, 'w')
  const { command, args } = endingWithParent(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', join(root, 'scripts/start.ts'), '--no-demo'],
    'TERM',
  )
  const env = { ...process.env, LAUREL_DIR: state.dir, PORT: String(await freePort()) }
  const child = spawn(command, args, { cwd: root, stdio: ['ignore', log, log], env })
  closeSync(log)
  let isGone = false
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve())).then(() => {
    isGone = true
  })
  const close = async () => {
    child.kill('SIGTERM')
    await exited
  }
  for (const deadline = Date.now() + startsWithinMs; ; ) {
    const run = readRun(state.runFile)
    if (run?.ready) {
      const pid = run.parts.find(({ name }) => name === 'worker')?.pid ?? 0
      const baseUrl = run.baseUrl.replace('localhost', '127.0.0.1')
      const workerLog = join(state.logs, 'worker.log')
      return { baseUrl, pid, issuing: readIssuing(state.keys, run.baseUrl), parts: run.parts, workerLog, close }
    }
    if (isGone || Date.now() > deadline) {
      await close()
      throw new Error(`the platform did not start: see ${logFile}`)
    }
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}
