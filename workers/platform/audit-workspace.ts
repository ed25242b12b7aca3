// A workspace's object held against the fold of its record. Pure.

import type { AccessEntry } from '../../domain/access/types.ts'
import type { Series } from '../../domain/boards/types.ts'
import { digestOfAll } from '../../domain/log/fold.ts'
import type { Commit, Position } from '../../domain/log/types.ts'
import type { BlobEntry, MediaEntry, MediaUsage, StoredMedia } from '../../domain/media/types.ts'
import type { DirectoryEntry, StoredResource, WorkspaceCommand, WorkspaceDocument, WorkspaceEffects } from '../../domain/workspace/types.ts'
import type { WorkspaceInspection } from '../../durable-objects/workspace/rpc.ts'
import { canonicalJson } from '../edge/canonical.ts'

export interface FoldedWorkspace {
  workspace: WorkspaceDocument | null
  resources: StoredResource[]
  directory: DirectoryEntry[]
  series: Series[]
  access: AccessEntry[]
  /** Those that are gone for good, and released, included. */
  media: MediaEntry[]
  blobs: BlobEntry[]
  ruleSet: number
}

export function foldWorkspace(commits: Commit[]): FoldedWorkspace {
  let workspace: WorkspaceDocument | null = null
  let ruleSet = 0
  const resources = new Map<string, StoredResource>()
  const directory = new Map<string, DirectoryEntry>()
  const series = new Map<string, Series>()
  const access = new Map<string, AccessEntry>()
  const media = new Map<string, MediaEntry>()
  const blobs = new Map<string, BlobEntry>()
  for (const { effects } of commits as Commit<WorkspaceCommand, WorkspaceEffects>[]) {
    workspace = effects.workspace ?? workspace
    ruleSet = effects.ruleSet ?? ruleSet
    for (const resource of effects.resources ?? []) resources.set(`${resource.type}:${resource.id}`, resource)
    for (const entry of effects.directory ?? []) directory.set(entry.userId, entry)
    for (const one of effects.series ?? []) series.set(one.seriesId, one)
    for (const entry of effects.media ?? []) media.set(entry.mediaId, entry)
    for (const entry of effects.blobs ?? []) blobs.set(entry.blobId, entry)
    for (const entry of effects.access ?? []) {
      if (entry.value === null) access.delete(`${entry.kind}:${entry.id}`)
      else access.set(`${entry.kind}:${entry.id}`, entry)
    }
  }
  return {
    workspace,
    resources: [...resources.values()],
    directory: [...directory.values()],
    series: [...series.values()],
    access: [...access.values()],
    media: [...media.values()],
    blobs: [...blobs.values()],
    ruleSet,
  }
}

/** What the index lists. */
export const liveMediaOf = ({ media }: Pick<FoldedWorkspace, 'media'>): StoredMedia[] =>
  media.map(({ value }) => value).filter((value) => value !== null && value.deletedAtMs === undefined) as StoredMedia[]

/** As a quota counts it: each blob once. */
export function mediaUsageOf({ media, blobs }: Pick<FoldedWorkspace, 'media' | 'blobs'>): MediaUsage {
  return {
    bytes: blobs.reduce((all, { value }) => all + (value?.size ?? 0), 0),
    items: media.filter(({ value }) => value !== null).length,
  }
}

/** `directory` is the object's own, whole: a user that it has forgotten would be looked at by nobody. */
export function compareWorkspace(
  folded: FoldedWorkspace,
  commits: Commit[],
  head: Position,
  object: WorkspaceInspection,
  directory: DirectoryEntry[],
): string[] {
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
  expect('commits, one by one', digestOfAll(commits.map((commit) => JSON.stringify(commit))), object.commitsDigest)
  const each = <T>(recorded: T[], held: T[], nameOf: (one: T) => string) => {
    const inRecord = new Map(recorded.map((one) => [nameOf(one), one]))
    const inObject = new Map(held.map((one) => [nameOf(one), one]))
    for (const name of new Set([...inRecord.keys(), ...inObject.keys()])) expect(name, inRecord.get(name), inObject.get(name))
  }
  each(folded.resources, object.resources, ({ type, id }) => `${type} ${id}`)
  each(folded.series, object.series, ({ seriesId }) => `series ${seriesId}`)
  each(folded.access, object.access, ({ kind, id }) => `${kind} ${id}`)
  each(folded.media, object.media, ({ mediaId }) => `media ${mediaId}`)
  each(folded.blobs, object.blobs, ({ blobId }) => `blob ${blobId}`)
  expect('what media take', mediaUsageOf(folded), object.mediaUsage)
  each(folded.directory, directory, ({ userId }) => `directory, user ${userId}`)
  return differences
}
