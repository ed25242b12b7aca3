// Cedar, started when it is first needed: compiling it takes some 40 ms, which no start-up should pay.
//
// What comes out of the bundler differs (workerd has the module compiled, Node reads it from disk), so the module is a port.

import type * as CedarModule from '@cedar-policy/cedar-wasm/web'

export type Cedar = typeof CedarModule

/** The compiled `web/cedar_wasm_bg.wasm` of the package. */
export type LoadCedar = () => Promise<WebAssembly.Module>

/** Rejects where the module cannot be loaded. Asked twice, it is still one Cedar: the package holds it for the isolate. */
export async function openCedar(load: LoadCedar): Promise<Cedar> {
  const [cedar, module] = await Promise.all([import('@cedar-policy/cedar-wasm/web'), load()])
  cedar.initSync({ module })
  return cedar
}
