// The one table, defined once: the CloudFormation template of production (aws-core/infra) and the local start both
// read it, so a table that works here is the table that is deployed.
//
// No stream here: nothing reads one, and the local engine slows as its stream fills. (Production's global table carries
// one all the same: replication rides on it and CloudFormation insists.)

import { fail, ok, type Result } from '../../domain/result.ts'
import type { DynamoClient, DynamoFailure } from './client.ts'

export const tableDefinition = {
  billingMode: 'PAY_PER_REQUEST',
  attributes: [
    { AttributeName: 'pk', AttributeType: 'S' },
    { AttributeName: 'sk', AttributeType: 'S' },
  ],
  keySchema: [
    { AttributeName: 'pk', KeyType: 'HASH' },
    { AttributeName: 'sk', KeyType: 'RANGE' },
  ],
  timeToLive: { AttributeName: 'expiresAt', Enabled: true },
  pointInTimeRecovery: { PointInTimeRecoveryEnabled: true, RecoveryPeriodInDays: 35 },
  deletionProtection: true,
} as const

/** Input of CreateTable. */
export const createTableInput = (tableName: string) => ({
  TableName: tableName,
  BillingMode: tableDefinition.billingMode,
  AttributeDefinitions: tableDefinition.attributes,
  KeySchema: tableDefinition.keySchema,
  DeletionProtectionEnabled: tableDefinition.deletionProtection,
})

/** Input of UpdateTimeToLive: CreateTable cannot say it. */
export const timeToLiveInput = (tableName: string) => ({
  TableName: tableName,
  TimeToLiveSpecification: tableDefinition.timeToLive,
})

/**
 * Makes the table where it is missing and turns its TTL on. Safe to repeat, and on kept data. For local parts: in
 * production the template makes the table (point-in-time recovery is a matter of its own there, and unknown to local engines).
 */
export async function ensureTable(client: DynamoClient, tableName: string): Promise<Result<void, DynamoFailure>> {
  const created = await client.send('CreateTable', createTableInput(tableName))
  if (!created.ok && !(created.error.code === 'dynamo/refused' && created.error.type === 'ResourceInUseException')) return created
  const described = await client.send<{ TimeToLiveDescription?: { TimeToLiveStatus?: string } }>('DescribeTimeToLive', {
    TableName: tableName,
  })
  if (!described.ok) return fail(described.error)
  const status = described.value.TimeToLiveDescription?.TimeToLiveStatus
  if (status === 'ENABLED' || status === 'ENABLING') return ok(undefined)
  const enabled = await client.send('UpdateTimeToLive', timeToLiveInput(tableName))
  return enabled.ok ? ok(undefined) : enabled
}
