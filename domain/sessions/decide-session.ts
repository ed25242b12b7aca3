// Sessions of one user, decided: at most twenty, thirty days after the last refresh each, and a refresh token good for one
// exchange. A token that comes again after the next one was given out was stolen from somebody, the thief or the owner
// holds the next: nobody can tell which, so the session ends (RFC 9700, section 4.14.2). Its immediate predecessor is good
// for a minute more, because an answer may be lost on its way; the trade-off is that a thief has that minute too.

import { failure } from '../failures.ts'
import type { Answer } from '../log/types.ts'
import { fail, ok, type Result } from '../result.ts'
import { type RefreshOutcome, type Session, type SessionChange, type SessionCommand, sessionFacts } from './types.ts'

export const sessionLivesMs = 30 * 24 * 60 * 60 * 1000
export const predecessorLivesMs = 60 * 1000
export const sessionsKept = 20

export type SessionDecision = Result<{ effects: { sessions?: SessionChange[] }; answer: Answer }>

/**
 * `sessions` are all that the user has, in any order. Answers: create `SessionFacts`, refresh a `RefreshOutcome`, revoke
 * `{ ended }`. `resource/not_found` for a session that is not there or has expired.
 */
export function decideSession(sessions: Session[], command: SessionCommand, nowMs: number): SessionDecision {
  switch (command.kind) {
    case 'session.create':
      return create(sessions, command, nowMs)
    case 'session.refresh':
      return refresh(sessions, command, nowMs)
    case 'session.revoke':
      return revoke(sessions, command.sessionId, nowMs)
  }
}

type Of<Kind extends SessionCommand['kind']> = Extract<SessionCommand, { kind: Kind }>

const isLive =
  (nowMs: number) =>
  ({ expiresAtMs }: Session): boolean =>
    expiresAtMs > nowMs

function create(sessions: Session[], { kind: _kind, ...named }: Of<'session.create'>, nowMs: number): SessionDecision {
  const session: Session = { ...named, createdAtMs: nowMs, refreshedAtMs: nowMs, expiresAtMs: nowMs + sessionLivesMs }
  const live = sessions.filter(isLive(nowMs)).sort(byAge)
  const gone = [...sessions.filter((one) => !isLive(nowMs)(one)), ...live.slice(0, Math.max(0, live.length + 1 - sessionsKept))]
  return ok({
    effects: { sessions: [...endingOf(gone), { sessionId: session.sessionId, value: session }] },
    answer: { status: 201, body: sessionFacts(session) },
  })
}

function refresh(sessions: Session[], { sessionId, tokenHash, nextHash }: Of<'session.refresh'>, nowMs: number): SessionDecision {
  const session = sessions.filter(isLive(nowMs)).find((one) => one.sessionId === sessionId)
  if (!session) return noSuchSession()
  if (tokenHash === session.tokenHash) {
    const expiresAtMs = nowMs + sessionLivesMs
    return refreshed({ ...session, tokenHash: nextHash, previousHash: tokenHash, refreshedAtMs: nowMs, expiresAtMs })
  }
  if (tokenHash === session.previousHash && nowMs - session.refreshedAtMs <= predecessorLivesMs)
    return refreshed({ ...session, tokenHash: nextHash })
  return ok({ effects: { sessions: endingOf([session]) }, answer: answered({ outcome: 'reused' }) })
}

function revoke(sessions: Session[], sessionId: string | undefined, nowMs: number): SessionDecision {
  if (sessionId === undefined) {
    const ended = sessions.filter(isLive(nowMs)).length
    return ok({ effects: sessions.length > 0 ? { sessions: endingOf(sessions) } : {}, answer: { status: 200, body: { ended } } })
  }
  const session = sessions.filter(isLive(nowMs)).find((one) => one.sessionId === sessionId)
  if (!session) return noSuchSession()
  return ok({ effects: { sessions: endingOf([session]) }, answer: { status: 200, body: { ended: 1 } } })
}

const refreshed = (session: Session): SessionDecision =>
  ok({
    effects: { sessions: [{ sessionId: session.sessionId, value: session }] },
    answer: answered({ outcome: 'refreshed', session: sessionFacts(session) }),
  })

const answered = (body: RefreshOutcome): Answer => ({ status: 200, body })

export const endingOf = (sessions: Session[]): SessionChange[] => sessions.map(({ sessionId }) => ({ sessionId, value: null }))

const byAge = (a: Session, b: Session): number => a.createdAtMs - b.createdAtMs || (a.sessionId < b.sessionId ? -1 : 1)

const noSuchSession = () => fail(failure('resource/not_found', 'There is no such session.'))
