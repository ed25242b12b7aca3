// The hand-written migration makes exactly the tables that drizzle believes in, and every key starts with the workspace.

import { getTableColumns } from 'drizzle-orm'
import { getTableConfig } from 'drizzle-orm/sqlite-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import * as schema from '../../../d1/schema.ts'
import { type LocalD1, localD1 } from './local-d1.ts'

let d1: LocalD1
beforeAll(async () => {
  d1 = await localD1()
})
afterAll(() => d1.dispose())

const rows = async <T>(query: string): Promise<T[]> => (await d1.database.prepare(query).all<T>()).results

describe.each(Object.values(schema).map((table) => [getTableConfig(table).name, table] as const))('%s', (name, table) => {
  const config = getTableConfig(table)

  it('has the declared columns', async () => {
    const found = await rows<{ name: string; type: string; notnull: number }>(`PRAGMA table_info(${name})`)
    const declared = Object.values(getTableColumns(table)).map((column) => [
      column.name,
      column.getSQLType().toUpperCase(),
      column.notNull ? 1 : 0,
    ])
    expect(found.map((column) => [column.name, column.type, column.notnull]).sort()).toEqual(declared.sort())
  })

  it('has the declared primary key, workspace first', async () => {
    const found = await rows<{ name: string; pk: number }>(`PRAGMA table_info(${name})`)
    const key = found.filter(({ pk }) => pk > 0).sort((a, b) => a.pk - b.pk)
    expect(key.map((column) => column.name)).toEqual(config.primaryKeys[0]?.columns.map((column) => column.name))
    expect(key[0]?.name).toBe('workspace_id')
  })

  it('has the declared indexes, workspace first', async () => {
    const found = (await rows<{ name: string; origin: string }>(`PRAGMA index_list(${name})`)).filter(({ origin }) => origin === 'c')
    expect(found.map((index) => index.name).sort()).toEqual(config.indexes.map((index) => index.config.name).sort())
    for (const { config: declared } of config.indexes) {
      const columns = (await rows<{ name: string }>(`PRAGMA index_info(${declared.name})`)).map((column) => column.name)
      expect(columns).toEqual(declared.columns.map((column) => (column as { name: string }).name))
      expect(columns[0]).toBe('workspace_id')
    }
  })
})

it('has no other tables', async () => {
  const found = await rows<{ name: string }>(
    "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_cf%' ESCAPE '\\' AND name NOT LIKE 'sqlite%'",
  )
  expect(found.map(({ name }) => name).sort()).toEqual(
    Object.values(schema)
      .map((table) => getTableConfig(table).name)
      .sort(),
  )
})
