// A workspace's object held against the fold of its record. Pure.

import type { Commit, Position } from '../../domain/log/types.ts'
import type { DirectoryEntry, StoredResource, WorkspaceCommand, WorkspaceDocument, WorkspaceEffects } from '../../domain/workspace/types.ts'
import type { WorkspaceInspection } from '../../durable-objects/workspace/rpc.ts'
import { canonicalJson } from '../edge/canonical.ts'

export interface FoldedWorkspace {
  workspace: WorkspaceDocument | null
  resources: StoredResource[]
  directory: DirectoryEntry[]
  ruleSet: number
}

export function foldWorkspace(commits: Commit[]): FoldedWorkspace {
  let workspace: WorkspaceDocument | null = null
  let ruleSet = 0
  const resources = new Map<string, StoredResource>()
  const directory = new Map<string, DirectoryEntry>()
  for (const { effects } of commits as Commit<WorkspaceCommand, WorkspaceEffects>[]) {
    workspace = effects.workspace ?? workspace
    ruleSet = effects.ruleSet ?? ruleSet
    for (const resource of effects.resources ?? []) resources.set(`${resource.type}:${resource.id}`, resource)
    for (const entry of effects.directory ?? []) directory.set(entry.userId, entry)
  }
  return { workspace, resources: [...resources.values()], directory: [...directory.values()], ruleSet }
}

export function compareWorkspace(folded: FoldedWorkspace, head: Position, object: WorkspaceInspection): string[] {
  const differences: string[] = []
  const expect = (what: string, record: unknown, held: unknown) => {
    if (canonicalJson(record ?? null) !== canonicalJson(held ?? null)) differences.push(`${what}: the object differs from the record`)
  }
  expect('commits', head.sequence, object.status.decided)
  expect('confirmed commits', head.sequence, object.status.confirmed)
  // What is known of a region may lag behind what it holds (replication tells nobody), but never run ahead.
  for (const [region, through] of Object.entries(object.status.regions))
    if (through > head.sequence) differences.push(`commits known to be in ${region}: ${through}, the record ends at ${head.sequence}`)
  expect('workspace', folded.workspace, object.workspace)
  expect('rule set number', folded.ruleSet, object.ruleSet)
  const named = (resources: StoredResource[]) => new Map(resources.map((one) => [`${one.type} ${one.id}`, one]))
  const recorded = named(folded.resources)
  const held = named(object.resources)
  for (const name of new Set([...recorded.keys(), ...held.keys()])) expect(name, recorded.get(name), held.get(name))
  return differences
}
