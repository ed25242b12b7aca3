// The compiled module as the Worker's bundle holds it (a `CompiledWasm` module). The package does not export the file, so it
// is named by its place. Only the composition root and the tests inside workerd import this: Node has no such modules.

export async function cedarModule(): Promise<WebAssembly.Module> {
  // The declarations beside the file describe its exports, not what a bundler makes of it.
  const imported: unknown = await import('../../../node_modules/@cedar-policy/cedar-wasm/web/cedar_wasm_bg.wasm')
  return (imported as { default: WebAssembly.Module }).default
}
