// What the expressions of a reward rule may see (domain: a match condition sees the event and the one before it of the
// same activity, null where there is none; an amount sees the event). The shapes are EventFacts'.

import type { ContextDescription } from '../expressions/shapes.ts'

const event: ContextDescription = {
  activityLogId: 'string',
  activityId: 'string',
  userId: 'string',
  value: 'number',
  outcome: 'string',
  tags: { listOf: 'string' },
  additionalData: 'unknown',
  completedAt: 'string',
}

export const matchConditionContext: ContextDescription = { event: { members: event }, previousEvent: { members: event } }
export const rewardExpressionContext: ContextDescription = { event: { members: event } }
