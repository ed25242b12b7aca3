// The platform for end-to-end tests, started as a user does (`npm start`'s own script, in its own processes, in a state
// directory of its own), and ended as a user may: Ctrl-C, or kill -9 of everything.

import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '../../../scripts/local/ports.ts'
import { killAndWait } from '../../../scripts/local/processes.ts'
import { liveRun, type Part, type Run, readRun } from '../../../scripts/local/run-file.ts'
import { root, stateDir } from '../../../scripts/local/state-dir.ts'
import { tapControl } from '../../../scripts/local/tap/control-client.ts'
import { issueToken, localAccountId, type TokenRequest, workspaceIdOf, workspaceNaming } from '../../../scripts/local/tokens.ts'

export interface PlatformOptions {
  port?: number
  /** Kept by `kill` and `stop`, so that a second start finds what the first left. Removed by `remove`. */
  dir?: string
  noDemo?: boolean
  env?: Record<string, string>
  /** Arguments beyond `--no-demo`. */
  args?: string[]
}

export type RegionCommand = 'stop' | 'freeze' | 'start' | 'state' | 'drained'

export interface Platform {
  baseUrl: string
  port: number
  dir: string
  /** As it stands in the run file now. */
  run(): Run
  output(): string
  /** kill -9 of every process, the ones that never hear of it included. */
  kill(): Promise<void>
  /** Ctrl-C; the exit code. */
  stop(): Promise<number | null>
  region(command: RegionCommand, name: string): Promise<unknown>
  control(name: string): ReturnType<typeof tapControl>
  token(request: TokenRequest): Promise<string>
  /** Makes the workspace, where there is none, and lets everybody in it ask as often as they like. */
  unlimit(workspace: string): Promise<void>
  /** A request of the operator API. */
  operator(method: string, path: string, body?: unknown): Promise<Response>
  /** One of the project's scripts against this platform, e.g. `runScript('token.ts', ['--workspace', …])`. */
  runScript(script: string, args: string[]): Promise<ScriptResult>
  remove(): Promise<void>
}

export interface ScriptResult {
  code: number | null
  stdout: string
  stderr: string
}

/** Settles when commands are served (and the demo is filled, unless `noDemo`). Rejects with the output otherwise. */
export async function startPlatform(options: PlatformOptions = {}): Promise<Platform> {
  const dir = options.dir ?? mkdtempSync(join(tmpdir(), 'laurel-e2e-'))
  const port = options.port ?? (await freePort())
  const env = { ...process.env, ...options.env, LAUREL_DIR: dir, PORT: String(port) }
  const args = ['scripts/start.ts', ...(options.noDemo ? ['--no-demo'] : []), ...(options.args ?? [])]
  const child = launch(args, env)
  const state = stateDir(dir)
  const exited = new Promise<number | null>((resolve) => child.process.once('exit', resolve))
  let isUp = false
  const up = child.says(/^Stop: /m).then(() => {
    isUp = true
  })
  await Promise.race([
    up,
    exited.then((code) => {
      if (!isUp && !options.dir) rmSync(dir, { recursive: true, force: true })
      throw new Error(`The platform ended with ${code}:\n${child.output()}`)
    }),
  ])
  const run = () => readRun(state.runFile) as Run
  const baseUrl = run().baseUrl
  const partNamed = (name: string): Part => {
    const part = run().parts.find((one) => one.name === name)
    if (!part) throw new Error(`The run file has no part ${name}.`)
    return part
  }
  const control = (name: string) => tapControl(partNamed(name).controlUrl ?? '')
  const read = (name: string) => readFileSync(join(state.keys, name), 'utf8')

  async function kill() {
    const parts = readRun(state.runFile)?.parts ?? []
    child.process.kill('SIGKILL')
    // The parent first: an orderly end of the others would hide what a crash does.
    await Promise.all([...parts].sort((a) => (a.name === 'platform' ? -1 : 1)).map((part) => killAndWait(part)))
    await exited
  }
  async function stop() {
    child.process.kill('SIGINT')
    const platform = liveRun(state.runFile)?.parts.find((part) => part.name === 'platform')
    if (platform) process.kill(platform.pid, 'SIGINT')
    return exited
  }
  const operator: Platform['operator'] = (method, path, body) =>
    fetch(baseUrl + path, {
      method,
      headers: { authorization: `Bearer ${read('operator-key')}`, 'content-type': 'application/json' },
      body: body === undefined ? null : JSON.stringify(body),
    })
  async function unlimit(workspace: string) {
    const much = { quota: 1_000_000, windowSeconds: 1 }
    const limits = { principal: much, machine: much, workspace: much, suspect: null }
    const body = { accountId: localAccountId, ...workspaceNaming(workspace), settings: { limits } }
    const answer = await operator('PUT', `/platform/v1/workspaces/${workspaceIdOf(workspace)}`, body)
    if (!answer.ok) throw new Error(`${workspace}: ${answer.status} ${await answer.text()}`)
  }
  return {
    baseUrl,
    port,
    dir,
    run,
    output: child.output,
    kill,
    stop,
    control,
    region: (command, name) => control(name)[command](),
    token: (request) => issueToken({ baseUrl, signing: JSON.parse(read('signing.jwk.json')), operatorKey: read('operator-key') }, request),
    operator,
    unlimit,
    runScript: (script, scriptArgs) => runScript(script, scriptArgs, { ...env }),
    async remove() {
      if (liveRun(state.runFile)) await kill()
      rmSync(dir, { recursive: true, force: true })
    },
  }
}

export async function runScript(script: string, args: string[], env: NodeJS.ProcessEnv): Promise<ScriptResult> {
  const { process: child, stdout, stderr } = launch([`scripts/${script}`, ...args], env)
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve))
  return { code, stdout: stdout(), stderr: stderr() }
}

/** Through bootstrap.mjs, as the npm scripts go. */
function launch(args: string[], env: NodeJS.ProcessEnv) {
  const child: ChildProcess = spawn(process.execPath, [join(root, 'scripts/bootstrap.mjs'), ...args], {
    cwd: root,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  let out = ''
  let err = ''
  const waiting: Array<() => void> = []
  child.stdout?.on('data', (chunk) => {
    out += chunk
    for (const check of waiting) check()
  })
  child.stderr?.on('data', (chunk) => {
    err += chunk
  })
  return {
    process: child,
    output: () => out + err,
    stdout: () => out,
    stderr: () => err,
    says: (pattern: RegExp) => new Promise<void>((resolve) => waiting.push(() => pattern.test(out) && resolve())),
  }
}
