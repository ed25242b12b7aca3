// A B+tree whose inner nodes count what is below them. Two neighbours under one parent always hold more than 3/4 of a
// node together (a removal merges them otherwise), so the depth stays logarithmic under any mix of operations; no
// entries are borrowed between siblings, which is the simpler half of the textbook.

import { compareMembers, type Member } from './order.ts'

const capacity = 64
const mergeAt = (capacity * 3) / 4
/** How full a bulk build leaves nodes, so that the first updates do not split every one of them. */
const bulkFill = 48

interface Leaf {
  leaf: true
  members: Member[]
}

interface Inner {
  leaf: false
  children: Node[]
  /** starts[i] is not after anything in children[i] and after everything in children[i - 1]; starts[0] is not read. */
  starts: Member[]
  sizes: number[]
}

export type Node = Leaf | Inner

const sizeOf = (node: Node): number => (node.leaf ? node.members.length : node.sizes.reduce((sum, size) => sum + size, 0))
const widthOf = (node: Node): number => (node.leaf ? node.members.length : node.children.length)
const at = <T>(items: T[], index: number): T => items[index] as T

/** The first index in [from, items.length) for which `isBefore` is false; it must be true for a prefix only. */
function lowerBound<T>(items: T[], from: number, isBefore: (item: T) => boolean): number {
  let low = from
  let high = items.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (isBefore(at(items, middle))) low = middle + 1
    else high = middle
  }
  return low
}

/** The child whose range holds `member`. */
const childFor = (node: Inner, member: Member): number => lowerBound(node.starts, 1, (start) => compareMembers(start, member) <= 0) - 1

/** How many members `isBefore` holds for; it must hold for a prefix of the order. */
export function count(root: Node, isBefore: (member: Member) => boolean): number {
  let node = root
  let before = 0
  while (!node.leaf) {
    const child = lowerBound(node.starts, 1, isBefore) - 1
    for (let left = 0; left < child; left++) before += at(node.sizes, left)
    node = at(node.children, child)
  }
  return before + lowerBound(node.members, 0, isBefore)
}

/** Appends members [offset, offset + limit) of the order to `into`. */
export function walk(node: Node, offset: number, limit: number, into: Member[]): void {
  if (node.leaf) {
    for (let index = offset; index < node.members.length && index < offset + limit; index++) into.push(at(node.members, index))
    return
  }
  const wanted = into.length + limit
  let skip = offset
  for (let child = 0; child < node.children.length && into.length < wanted; child++) {
    const size = at(node.sizes, child)
    if (skip < size) {
      walk(at(node.children, child), skip, wanted - into.length, into)
      skip = 0
    } else skip -= size
  }
}

/** `member` must not be in the tree. Answers the new root. */
export function insert(root: Node, member: Member): Node {
  insertInto(root, member)
  if (widthOf(root) <= capacity) return root
  const right = split(root)
  return { leaf: false, children: [root, right], starts: [startOf(root), startOf(right)], sizes: [sizeOf(root), sizeOf(right)] }
}

function insertInto(node: Node, member: Member): void {
  if (node.leaf) {
    node.members.splice(
      lowerBound(node.members, 0, (other) => compareMembers(other, member) < 0),
      0,
      member,
    )
    return
  }
  const index = childFor(node, member)
  const child = at(node.children, index)
  insertInto(child, member)
  node.sizes[index] = at(node.sizes, index) + 1
  if (widthOf(child) <= capacity) return
  const right = split(child)
  const moved = sizeOf(right)
  node.children.splice(index + 1, 0, right)
  node.starts.splice(index + 1, 0, startOf(right))
  node.sizes[index] = at(node.sizes, index) - moved
  node.sizes.splice(index + 1, 0, moved)
}

/** Cuts off and answers the right half. */
function split(node: Node): Node {
  const half = widthOf(node) >>> 1
  if (node.leaf) return { leaf: true, members: node.members.splice(half) }
  return { leaf: false, children: node.children.splice(half), starts: node.starts.splice(half), sizes: node.sizes.splice(half) }
}

/** A leaf that was split off or built is never empty, and an inner node's first start is set when it is made. */
const startOf = (node: Node): Member => (node.leaf ? at(node.members, 0) : at(node.starts, 0))

/** `member` must be in the tree. Answers the new root. */
export function remove(root: Node, member: Member): Node {
  removeFrom(root, member)
  return !root.leaf && root.children.length === 1 ? at(root.children, 0) : root
}

function removeFrom(node: Node, member: Member): void {
  if (node.leaf) {
    const index = lowerBound(node.members, 0, (other) => compareMembers(other, member) < 0)
    if (node.members[index] !== member) throw new Error('the tree does not hold this member')
    node.members.splice(index, 1)
    return
  }
  const index = childFor(node, member)
  removeFrom(at(node.children, index), member)
  node.sizes[index] = at(node.sizes, index) - 1
  if (!mergeIfSmall(node, index)) mergeIfSmall(node, index - 1)
}

/** Merges the children at `left` and `left + 1` if they fit one node well. */
function mergeIfSmall(parent: Inner, left: number): boolean {
  const into = parent.children[left]
  const from = parent.children[left + 1]
  if (!into || !from || widthOf(into) + widthOf(from) > mergeAt) return false
  if (into.leaf && from.leaf) into.members.push(...from.members)
  else if (!into.leaf && !from.leaf) {
    into.children.push(...from.children)
    into.starts.push(at(parent.starts, left + 1), ...from.starts.slice(1))
    into.sizes.push(...from.sizes)
  }
  parent.sizes[left] = at(parent.sizes, left) + at(parent.sizes, left + 1)
  parent.children.splice(left + 1, 1)
  parent.starts.splice(left + 1, 1)
  parent.sizes.splice(left + 1, 1)
  return true
}

/** A tree of members that are already in order, O(n). */
export function nodesOf(sorted: Member[]): Node {
  let level: Node[] = chunks(sorted).map((members) => ({ leaf: true, members }))
  while (level.length > 1) {
    level = chunks(level).map((children) => ({ leaf: false, children, starts: children.map(startOf), sizes: children.map(sizeOf) }))
  }
  return level[0] ?? { leaf: true, members: [] }
}

/** Even pieces of at most `bulkFill`: no piece is less than half of another. */
function chunks<T>(items: T[]): T[][] {
  const pieces = Math.ceil(items.length / bulkFill)
  return Array.from({ length: pieces }, (_, piece) =>
    items.slice(Math.floor((piece * items.length) / pieces), Math.floor(((piece + 1) * items.length) / pieces)),
  )
}
