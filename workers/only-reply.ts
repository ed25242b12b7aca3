// One command has one reply. An object that gives none is a bug, and not the caller's to hear of.

import type { CommandReply } from '../durable-objects/log/rpc.ts'

export function onlyReply(replies: CommandReply[]): CommandReply {
  const [reply] = replies
  if (reply === undefined) throw new Error('an object gave no reply to a command')
  return reply
}
