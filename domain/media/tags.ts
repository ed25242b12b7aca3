// The tags of one media, changed all or nothing. Pure; the outcome is in the order of ids, and has each tag once.

import { failure } from '../failures.ts'
import { fail, ok, type Result } from '../result.ts'
import type { TagAssignment, TagChange } from './types.ts'

export const tagLimit = 100

const notAssigned = fail(failure('resource/not_found', 'A tag that is named here is not assigned to this media.'))

/** A tag that is named twice gets what is said last. An assignment that says nothing new keeps its times. */
export function assignTags(
  tags: TagAssignment[],
  changes: TagChange[],
  mode: 'add' | 'addNew' | 'change',
  nowMs: number,
): Result<TagAssignment[]> {
  const known = new Map(tags.map((tag) => [tag.tagId, tag]))
  const after = new Map(known)
  for (const { tagId, priority } of changes) {
    const before = known.get(tagId)
    if (before && mode === 'addNew') return fail(failure('resource/already_exists', `The tag ${tagId} is assigned already.`))
    if (!before && mode === 'change') return notAssigned
    if (before?.priority === priority) after.set(tagId, before)
    else after.set(tagId, { tagId, priority, createdAtMs: before?.createdAtMs ?? nowMs, updatedAtMs: nowMs })
  }
  if (after.size > tagLimit) return fail(failure('business/precondition_failed', `A media has at most ${tagLimit} tags.`))
  return ok([...after.values()].sort(byId))
}

export function unassignTags(tags: TagAssignment[], tagIds: string[]): Result<TagAssignment[]> {
  const gone = new Set(tagIds)
  const areAssigned = tagIds.every((tagId) => tags.some((tag) => tag.tagId === tagId))
  return areAssigned ? ok(tags.filter(({ tagId }) => !gone.has(tagId))) : notAssigned
}

const byId = (a: TagAssignment, b: TagAssignment): number => (a.tagId < b.tagId ? -1 : a.tagId > b.tagId ? 1 : 0)
