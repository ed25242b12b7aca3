// A series was made or changed: its first board and its current one get their rows, and their objects are opened.

import { ensureBoards, standingRows } from '../boards/ensure-boards.ts'
import type { Services } from '../services.ts'
import { type Incoming, together } from './rows.ts'
import { newestSeries } from './series-named.ts'

export async function consumeSeries(services: Services, rows: Incoming<'series'>[]): Promise<void> {
  await together(rows, async (some) => {
    const boards = []
    for (const { workspaceId, body } of some) {
      const series = await newestSeries(services, workspaceId, body.seriesId)
      boards.push(...standingRows(workspaceId, series, services.now()))
    }
    await ensureBoards(services, [...new Map(boards.map((row) => [`${row.workspaceId}:${row.boardId}`, row])).values()])
  })
}
