// Completes package-lock.json with the optional platform packages that `npm install` left out.
// npm drops an optional package whose exact version its registry does not hold, and `npm ci` then refuses the
// lock on every machine. An entry without integrity satisfies `npm ci` and is skipped where os or cpu differ.
// Run after each change of the dependencies: node scripts/lock-platforms.mjs
import { readFileSync, writeFileSync } from 'node:fs'

const file = new URL('../package-lock.json', import.meta.url)
const lock = JSON.parse(readFileSync(file, 'utf8'))
const oses = { darwin: 'darwin', linux: 'linux', windows: 'win32', win32: 'win32', android: 'android', freebsd: 'freebsd' }
const cpus = { arm64: 'arm64', x64: 'x64', 64: 'x64', ia32: 'ia32', arm: 'arm', wasm32: 'wasm32' }

const added = []
for (const [path, entry] of Object.entries(lock.packages)) {
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    const key = `node_modules/${name}`
    // An entry that npm wrote itself carries its integrity; only the hollow ones are ours to fill.
    if (path === '' || lock.packages[key]?.version) continue
    const words = name.split('/').pop().split('-')
    const os = words.map((w) => oses[w]).find(Boolean)
    const cpu = words.map((w) => cpus[w]).find(Boolean)
    lock.packages[key] = {
      version: version.replace(/^[\^~]/, ''),
      ...(cpu ? { cpu: [cpu] } : {}),
      dev: true,
      optional: true,
      ...(os ? { os: [os] } : { os: ['none'] }),
    }
    added.push(name)
  }
}
const [root, ...rest] = Object.entries(lock.packages)
lock.packages = Object.fromEntries([root, ...rest.sort(([a], [b]) => (a < b ? -1 : 1))])
writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`)
console.log(added.length ? `added ${added.join(', ')}` : 'nothing was missing')
