// The Worker, built and served on Miniflare without the development proxy, which costs nine tenths of the speed: requests
// go to workerd's own socket. Same wrangler.toml as production; only endpoints, issuers and secrets are the local ones.

import { createWriteStream, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { build } from 'esbuild'
import { migrateIndex } from './migrations.ts'
import { freePort } from './ports.ts'
import { endingWithParent } from './processes.ts'
import { root, type StateDir } from './state-dir.ts'

export interface WorkerOptions {
  state: StateDir
  host: string
  port: number
  bindings: Record<string, string>
  configPath?: string
  /** workerd has been started again after it ended by itself; its new pid. */
  onRestart: (pid: number) => void
}

export interface LocalWorker {
  readonly pid: number
  readonly corePort: number
  readonly migrations: string[]
  close(): Promise<void>
}

export async function startWorker(options: WorkerOptions): Promise<LocalWorker> {
  const { state, host, port } = options
  const configPath = options.configPath ?? join(root, 'wrangler.toml')
  mkdirSync(state.worker, { recursive: true })
  mkdirSync(state.logs, { recursive: true })
  const pidFile = wrapWorkerd(state)
  // Both read their settings while they load.
  process.env.WRANGLER_LOG ??= 'none'
  process.env.WRANGLER_SEND_METRICS = 'false'
  const [{ convertV4MiniflareOptions, Miniflare, Log, LogLevel }, wrangler] = await Promise.all([import('miniflare'), import('wrangler')])
  const { workerOptions, main } = wrangler.unstable_getMiniflareWorkerOptions(configPath)
  const config = wrangler.unstable_readConfig({ config: configPath })
  const script = await bundle(main ?? '')
  const log = createWriteStream(join(state.logs, 'worker.log'), { flags: 'a' })
  const corePort = await freePort()
  const readPid = () => Number(existsSync(pidFile) ? readFileSync(pidFile, 'utf8') : 0)
  const name = config.name ?? 'laurel'

  const forgetNewHandlers = signalHandlers()
  // Where `wrangler dev --persist-to` looks, so that `npm run dev` has the same data.
  const resourcePersistencePath = join(state.worker, 'v3')
  const database = config.d1_databases[0]
  const migrations = await migrateIndex(state, join(root, database?.migrations_dir ?? 'd1/migrations'), async (apply) => {
    if (!database) return []
    // A runtime of its own, without the Worker: while Miniflare's bindings are asked, this thread waits and nobody reads what
    // workerd logs. Were the Worker there, the alarms of a killed platform would fill the pipe, and each would wait for the other.
    const { d1Databases } = workerOptions as { d1Databases?: Record<string, string> }
    const script = 'export default { fetch: () => new Response() }'
    const workers = [{ name, modules: true as const, script, compatibilityDate: config.compatibility_date, d1Databases }]
    const index = new Miniflare(
      convertV4MiniflareOptions({
        host,
        cf: false,
        log: new Log(LogLevel.NONE),
        resourcePersistencePath,
        telemetry: { enabled: false },
        workers,
      }),
    )
    try {
      await index.ready
      return await apply(await index.getD1Database(database.binding), wrangler.unstable_splitSqlQuery)
    } finally {
      await index.dispose()
    }
  })
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      host,
      port: corePort,
      cf: false,
      log: new Log(LogLevel.NONE),
      handleStructuredLogs: ({ message }) => log.write(`${message}\n`),
      handleUncaughtError: (error) => log.write(`${error.stack ?? error}\n`),
      resourcePersistencePath,
      telemetry: { enabled: false },
      unsafeTriggerHandlers: true,
      unsafeHandleRuntimeRestart: () => options.onRestart(readPid()),
      workers: [
        {
          ...workerOptions,
          name,
          bindings: { ...(workerOptions.bindings as Record<string, string>), ...options.bindings },
          modules: [{ type: 'ESModule', path: 'worker.mjs', contents: script.text }, ...script.wasm],
          unsafeDirectSockets: [{ host, port }],
        },
      ],
    }),
  )
  forgetNewHandlers()
  const cron = every(60_000, async () => {
    // Nothing local keeps cron's clock. Each expression is fired every minute: what it starts must bear that anyway.
    for (const expression of config.triggers.crons ?? []) {
      await fetch(`http://${host}:${corePort}/cdn-cgi/local/scheduled?cron=${encodeURIComponent(expression)}`).catch(() => {})
    }
  })
  const close = async () => {
    clearInterval(cron)
    await miniflare.dispose()
    log.end()
  }
  try {
    await miniflare.ready
    return { pid: readPid(), corePort, migrations, close }
  } catch (error) {
    await close()
    throw error
  }
}

interface Bundle {
  text: string
  wasm: { type: 'CompiledWasm'; path: string; contents: Uint8Array }[]
}

/** One module, and beside it what is compiled already: WebAssembly cannot be made from bytes on Workers. */
async function bundle(main: string): Promise<Bundle> {
  const wasm: Bundle['wasm'] = []
  const built = await build({
    entryPoints: [main],
    absWorkingDir: root,
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2024',
    platform: 'browser',
    conditions: ['workerd', 'worker', 'browser'],
    external: ['cloudflare:*', 'node:*'],
    loader: { '.sql': 'text', '.html': 'text', '.txt': 'text' },
    sourcemap: 'inline',
    logLevel: 'silent',
    plugins: [
      {
        name: 'wasm',
        setup({ onResolve }) {
          onResolve({ filter: /\.wasm$/ }, ({ path, resolveDir }) => {
            const name = basename(path)
            if (!wasm.some((one) => one.path === name))
              wasm.push({ type: 'CompiledWasm', path: name, contents: readFileSync(join(resolveDir, path)) })
            return { path: `./${name}`, external: true }
          })
        },
      },
    ],
  })
  return { text: built.outputFiles[0]?.text ?? '', wasm }
}

/** workerd through a small script: it says its pid, outlives neither us nor our Ctrl-C, and needs no process in between. */
function wrapWorkerd(state: StateDir): string {
  const pidFile = join(state.worker, 'workerd.pid')
  const script = join(state.worker, 'workerd.sh')
  const binary = process.env.LAUREL_WORKERD ?? join(root, 'node_modules/workerd/bin/workerd')
  const { command, args } = endingWithParent(binary, [])
  const words = [command, ...args].map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ')
  // A signal ignored here stays ignored after exec: the terminal's Ctrl-C is for the platform, which ends workerd itself.
  writeFileSync(script, `#!/bin/sh\ntrap '' INT\necho $$ > '${pidFile.replaceAll("'", "'\\''")}'\nexec ${words} "$@"\n`, { mode: 0o755 })
  process.env.MINIFLARE_WORKERD_PATH = script
  return pidFile
}

/** Miniflare ends the process at the first signal, before anything could be closed in order; the platform sees to its end itself. */
function signalHandlers(): () => void {
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
  const before = new Map(signals.map((signal) => [signal, new Set(process.listeners(signal))]))
  return () => {
    for (const signal of signals) {
      for (const listener of process.listeners(signal)) if (!before.get(signal)?.has(listener)) process.off(signal, listener)
    }
  }
}

function every(ms: number, run: () => Promise<void>): NodeJS.Timeout {
  const timer = setInterval(() => void run(), ms)
  timer.unref()
  return timer
}
