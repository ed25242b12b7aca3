// Where an object lives. Everyone who calls an object finds it through here: the same name in another jurisdiction is
// another object, with another log.

/** `jurisdiction` is `eu`, or empty where the runtime has none (locally). */
export function objectStub<Rpc>(namespace: DurableObjectNamespace, name: string, jurisdiction: string): Rpc {
  const home = jurisdiction === '' ? namespace : namespace.jurisdiction(jurisdiction as DurableObjectJurisdiction)
  return home.get(home.idFromName(name)) as unknown as Rpc
}
