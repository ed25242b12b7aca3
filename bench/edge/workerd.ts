// workerd itself, on a configuration of ours: no Miniflare, no proxy, no inspector, no pipe for logs. Each Worker is a
// service with a socket of its own in one process, so all of a run share one workerd and only one of them works at a time.
//
// Objects keep their files in memory where the system has a place for that: workerd commits them on the one thread that
// serves requests, so it would be the machine's disk that is measured.
//
// Miniflare's direct socket reaches the same workerd, but logs pass through a pipe into Node there, on the same two cores.

import { spawn } from 'node:child_process'
import { closeSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { Readable } from 'node:stream'
import { build, type Plugin } from 'esbuild'
import { endingWithParent } from '../../scripts/local/processes.ts'
import { root } from '../../scripts/local/state-dir.ts'

export interface BenchWorker {
  name: string
  /** Exports `serve(env)`, which gives the handler. From the checkout's root. */
  module: string
  vars?: Record<string, string>
  /** By binding. */
  objects?: Record<string, { className: string; module: string }>
}

export interface RunningWorkerd {
  pid: number
  /** By the Worker's name. */
  urls: Record<string, string>
  close(): Promise<void>
}

/** Linux's file system in memory. */
const memory = '/dev/shm'
/** wrangler.toml's; nodejs_compat is on by default since 2026-08-04. */
const compatibilityDate = '2026-10-01'

/** `dir` is where bundles and the log go. */
export async function startWorkerd(dir: string, workers: BenchWorker[], args: string[] = []): Promise<RunningWorkerd> {
  mkdirSync(dir, { recursive: true })
  const objectsDir = mkdtempSync(join(existsSync(memory) ? memory : dir, 'laurel-bench-objects-'))
  const built = new Map<string, Bundle>()
  for (const entry of new Set(workers.map(entryOf))) built.set(entry, await bundle(dir, `bundle-${built.size}.mjs`, entry))
  const config = join(dir, 'bench.capnp')
  writeFileSync(
    config,
    configOf(objectsDir, workers, (worker) => built.get(entryOf(worker)) as Bundle),
  )
  const binary = process.env.LAUREL_WORKERD ?? join(root, 'node_modules/workerd/bin/workerd')
  // An object's files stay open while it lives, and a mix of principals is thousands of objects.
  const withFiles = ['-c', 'ulimit -n $(ulimit -Hn); exec "$0" "$@"', binary]
  const { command, args: all } = endingWithParent('/bin/sh', [...withFiles, 'serve', '--experimental', '--control-fd=3', ...args, config])
  const log = openSync(join(dir, 'workerd.log'), 'w')
  const child = spawn(command, all, { stdio: ['ignore', log, log, 'pipe'] })
  closeSync(log)
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const ports = await Promise.race([
    portsSaid(child.stdio[3] as Readable, workers.length),
    exited.then(() => Promise.reject(new Error(`workerd ended at its start: see ${dir}/workerd.log`))),
  ])
  return {
    pid: child.pid ?? 0,
    urls: Object.fromEntries(workers.map(({ name }) => [name, `http://127.0.0.1:${ports.get(name)}`])),
    async close() {
      child.kill('SIGKILL')
      await exited
      rmSync(objectsDir, { recursive: true, force: true })
    },
  }
}

/** Made here and not a file: in the checkout only the real Worker has a default export. */
function entryOf({ module, objects = {} }: BenchWorker): string {
  const classes = Object.values(objects).map((object) => `export { ${object.className} } from './${object.module}'`)
  return `import { serve } from './${module}'
${classes.join('\n')}
let handle
export default { fetch: (request, env, context) => (handle ??= serve(env))(request, context) }
`
}

/** One JSON object a line: `{ "event": "listen", "socket": …, "port": … }`. */
async function portsSaid(control: Readable, count: number): Promise<Map<string, number>> {
  const ports = new Map<string, number>()
  let said = ''
  for await (const piece of control) {
    said += piece
    for (let end = said.indexOf('\n'); end >= 0; end = said.indexOf('\n')) {
      const message = JSON.parse(said.slice(0, end)) as { event: string; socket: string; port: number }
      said = said.slice(end + 1)
      if (message.event === 'listen') ports.set(message.socket, message.port)
    }
    if (ports.size === count) return ports
  }
  throw new Error(`workerd told ${ports.size} ports of ${count}`)
}

interface Bundle {
  file: string
  /** Names of the WebAssembly modules that it imports, which lie beside it. */
  wasm: Set<string>
}

async function bundle(dir: string, file: string, entry: string): Promise<Bundle> {
  const wasm = new Set<string>()
  await build({
    stdin: { contents: entry, resolveDir: root, loader: 'ts' },
    absWorkingDir: root,
    bundle: true,
    outfile: join(dir, file),
    format: 'esm',
    target: 'es2024',
    platform: 'browser',
    conditions: ['workerd', 'worker', 'browser'],
    external: ['cloudflare:*', 'node:*'],
    loader: { '.sql': 'text', '.html': 'text', '.txt': 'text' },
    plugins: [wasmAside(dir, wasm)],
    logLevel: 'error',
  })
  return { file, wasm }
}

/** WebAssembly stays a module of its own, as in production, where code may not be compiled from bytes. The configuration may only name files beside it. */
const wasmAside = (dir: string, found: Set<string>): Plugin => ({
  name: 'wasm aside',
  setup(build) {
    build.onResolve({ filter: /\.wasm(\?module)?$/ }, async ({ path, resolveDir, importer, pluginData }) => {
      if (pluginData === found) return undefined
      const resolved = await build.resolve(path.replace('?module', ''), {
        resolveDir,
        importer,
        kind: 'import-statement',
        pluginData: found,
      })
      const name = basename(resolved.path)
      copyFileSync(resolved.path, join(dir, name))
      found.add(name)
      return { path: `./${name}`, external: true }
    })
  },
})

function configOf(objectsDir: string, workers: BenchWorker[], bundleOf: (worker: BenchWorker) => Bundle): string {
  const text = (value: string) => JSON.stringify(value)
  const services = workers.map((worker) => {
    const { file, wasm } = bundleOf(worker)
    const objects = Object.entries(worker.objects ?? {})
    const modules = [
      `(name = "worker.mjs", esModule = embed ${text(file)})`,
      ...[...wasm].map((name) => `(name = ${text(name)}, wasm = embed ${text(name)})`),
    ]
    const bindings = [
      ...Object.entries(worker.vars ?? {}).map(([name, value]) => `(name = ${text(name)}, text = ${text(value)})`),
      ...objects.map(([name, { className }]) => `(name = ${text(name)}, durableObjectNamespace = ${text(className)})`),
    ]
    const namespaces = objects.map(
      ([, { className }]) => `(className = ${text(className)}, uniqueKey = ${text(`${worker.name}-${className}`)}, enableSql = true)`,
    )
    return `(name = ${text(worker.name)}, worker = (
      modules = [${modules.join(', ')}],
      compatibilityDate = ${text(compatibilityDate)},
      bindings = [${bindings.join(', ')}],
      durableObjectNamespaces = [${namespaces.join(', ')}],
      durableObjectStorage = (localDisk = "disk of objects")))`
  })
  const sockets = workers.map(({ name }) => `(name = ${text(name)}, address = "127.0.0.1:0", http = (), service = ${text(name)})`)
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    ${services.join(',\n    ')},
    (name = "disk of objects", disk = (path = ${text(objectsDir)}, writable = true)),
    (name = "internet", network = (allow = ["public", "private"]))
  ],
  sockets = [${sockets.join(', ')}]
);
`
}
