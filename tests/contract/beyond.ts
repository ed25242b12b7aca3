// Operations that the contract does not have, by family: who may come to a workspace and what they did there is ours to
// offer. Everything else that is served must be the contract's.

const families: [family: RegExp, reason: string][] = [
  [/^workspaceSettings\//, 'limits, origins and lifetimes of a workspace'],
  [/^throttles\//, 'principals that are held to less'],
  [/^policies\//, "a workspace's own forbids"],
  [/^clients\//, 'machines and their secrets'],
  [/^auditRecords\/|^users\/(?:\w+\/)*(?:listA|a)udit(?:Records|Trail)/, 'who did what'],
  [/^userImports\//, 'people from a file, before they sign in'],
  [/^sessions\/|^users\/(?:me\/)?sessions\//, 'where a person is signed in'],
  [/^media\/(?:restore|getSignedUrl|export|view)$/, 'media brought back, signed, listed whole, and shown to apps'],
  [/^roles\/|^users\/(?:\w+\/)?(?:get|put|update|set)?[rR]ole/, 'what a person may do on the dashboard'],
]

export const isBeyondContract = (operationId: string): boolean => families.some(([family]) => family.test(operationId))

/** Families that nothing served belongs to. */
export const emptyFamilies = (operationIds: string[]): string[] =>
  families.filter(([family]) => !operationIds.some((operationId) => family.test(operationId))).map(([, reason]) => reason)
