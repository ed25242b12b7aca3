// `npm run keys -- rotate`: the next keyring of our own issuer (SIGNING_KEYS). The new key is published as soon as the
// keyring is in place and signs fifteen minutes later, when everyone who keeps the published keys for ten has read it; the
// old one is published until its last token has expired. So one step rotates, and nobody is signed out.
//
//   on this machine   changes the keyring of the state directory; a platform that runs keeps to the old one until it is restarted
//   deployed          `npm run -s keys -- rotate --from FILE > NEXT`, then `wrangler secret put SIGNING_KEYS < NEXT`. Keep NEXT
//                     for the next rotation: Cloudflare does not show secrets. An empty FILE begins a keyring; `-` is stdin
//   --compromised     the new key signs at once and the old ones verify nothing any more: every token of ours ends now

import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { keyringFile, localKeys, replaceSecret, rotated } from './local/keys.ts'
import { stateDir } from './local/state-dir.ts'

const usage = 'npm run keys -- rotate [--from FILE] [--compromised]'

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { from: { type: 'string' }, compromised: { type: 'boolean', default: false } },
  })
  if (positionals.join() !== 'rotate') throw new Error(usage)
  const how = { nowMs: Date.now(), compromised: values.compromised }
  if (values.from !== undefined) {
    console.log(await rotated(readFileSync(values.from === '-' ? 0 : values.from, 'utf8'), how))
    return
  }
  const { keys, dir } = stateDir()
  replaceSecret(keyringFile(keys), await rotated((await localKeys(keys)).keyring, how))
  console.log(
    `The keyring of ${dir} has a new key, which signs ${how.compromised ? 'from now on' : 'in 15 minutes'}. A platform that runs keeps to the old keyring until it is started again: npm start`,
  )
}

try {
  await main()
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exit(1)
}
