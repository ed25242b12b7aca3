// A board as the contract shows a RuntimeLeaderboard; `lateEventsFor` is ours.

import type { BoardRow } from '../../d1/index-store.ts'
import type { Series } from '../../domain/boards/types.ts'
import { durationText } from '../../domain/resources/duration.ts'
import { boardFields } from '../boards/board-fields.ts'
import type { Home } from './shown.ts'

/** `series` is undefined where the rule set at hand does not know it yet. */
export function boardView(row: BoardRow, series: Series | undefined, home: Home, nowMs: number) {
  return { ...boardFields(row, nowMs), ...(series && { lateEventsFor: lateEventsFor(series) }), ...home }
}

export const lateEventsFor = ({ lateEventsForMs }: Series): string | null =>
  lateEventsForMs === null ? null : durationText(lateEventsForMs)
