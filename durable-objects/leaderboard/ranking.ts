// An exact ranking in memory: a counted B+tree of at most 64 members or children a node, and a map from id to member.
// Every answer is exact, ties included; upsert, remove, rank and index touch one path from the root, O(log n).
//
// The trade-off: blocks under one flat count are half as fast again at a million members, but a split there costs
// O(n / block); here nothing depends on n but the depth (four at a million). No randomness, so a failing sequence of
// operations can be repeated. About 100 bytes a member and its strings: two million members fit an isolate.
//
// Members are immutable: the separators in inner nodes may point at members that have left, and still separate.

import { count, insert, type Node, nodesOf, remove, walk } from './counted-tree.ts'
import { compareMembers, type Member } from './order.ts'

export interface RankedMember {
  /** 1 + how many have a strictly higher score: 1 2 2 4. */
  rank: number
  member: Member
}

export class Ranking {
  private root: Node = { leaf: true, members: [] }
  private readonly byId = new Map<string, Member>()

  /** Builds from members in any order, O(n log n) for the sort. Ids must be distinct. */
  static from(members: Member[]): Ranking {
    const ranking = new Ranking()
    const sorted = [...members].sort(compareMembers)
    for (const member of sorted) ranking.byId.set(member.id, member)
    if (ranking.byId.size !== sorted.length) throw new Error('two members with one id')
    ranking.root = nodesOf(sorted)
    return ranking
  }

  get size(): number {
    return this.byId.size
  }

  get(id: string): Member | undefined {
    return this.byId.get(id)
  }

  /** Adds the member or puts it in its new place. Scores are safe integers. */
  upsert(member: Member): void {
    if (!Number.isSafeInteger(member.score)) throw new RangeError(`a score is a safe integer: ${member.score}`)
    const before = this.byId.get(member.id)
    if (before) this.root = remove(this.root, before)
    this.byId.set(member.id, member)
    this.root = insert(this.root, member)
  }

  /** False when there was no such member. */
  remove(id: string): boolean {
    const member = this.byId.get(id)
    if (!member) return false
    this.root = remove(this.root, member)
    return this.byId.delete(id)
  }

  /** Null when it is not ranked. */
  rank(id: string): number | null {
    const member = this.byId.get(id)
    return member ? 1 + this.above(member.score) : null
  }

  /** From `offset` (0 is the top), at most `limit`. */
  page(offset: number, limit: number): RankedMember[] {
    const members: Member[] = []
    if (offset < this.size) walk(this.root, Math.max(0, offset), Math.min(limit, this.size - offset), members)
    let rank = 0
    let score = Number.NaN
    return members.map((member, at) => {
      if (member.score !== score) rank = at === 0 ? 1 + this.above(member.score) : 1 + Math.max(0, offset) + at
      score = member.score
      return { rank, member }
    })
  }

  /** Up to `n` above and `n` below, itself in the middle; empty when it is not ranked. */
  around(id: string, n: number): RankedMember[] {
    const member = this.byId.get(id)
    if (!member) return []
    const at = count(this.root, (other) => compareMembers(other, member) < 0)
    const offset = Math.max(0, at - n)
    return this.page(offset, at + n + 1 - offset)
  }

  /** In the order in which they were first added. */
  ids(): IterableIterator<string> {
    return this.byId.keys()
  }

  private above(score: number): number {
    return count(this.root, (other) => other.score > score)
  }
}
