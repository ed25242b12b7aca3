// The table of production and the local one are the same table; the policy allows what the adapter sends and no more.

import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { dynamoRegionLog } from '../../../../aws-core/dynamodb/dynamo-region-log.ts'
import { createTableInput, ensureTable, timeToLiveInput } from '../../../../aws-core/dynamodb/table.ts'
import { recordRegions, recordTemplate, workerActions } from '../../../../aws-core/infra/template.ts'
import { type LocalDynamo, startLocalDynamo } from '../dynamodb/local-dynamo.ts'
import { chain, playerLog } from '../dynamodb/packed-items.ts'

const file = (path: string) => join(import.meta.dirname, '../../../..', path)

describe('recordTemplate', () => {
  const { Resources } = recordTemplate({ tableName: 'laurel-staging', regions: recordRegions })
  const table = Resources.Record.Properties

  test('is the table of the local start, with TTL and no way to lose it', () => {
    const { DeletionProtectionEnabled, ...shared } = createTableInput('laurel-staging')
    expect(table).toMatchObject(shared)
    expect(table.TimeToLiveSpecification).toEqual(timeToLiveInput('laurel-staging').TimeToLiveSpecification)
    expect(table.Replicas.map((replica) => replica.Region)).toEqual(['eu-west-1', 'eu-north-1'])
    for (const replica of table.Replicas) {
      expect(replica.DeletionProtectionEnabled).toBe(DeletionProtectionEnabled)
      expect(replica.PointInTimeRecoverySpecification.PointInTimeRecoveryEnabled).toBe(true)
    }
    expect([Resources.Record.DeletionPolicy, Resources.Record.UpdateReplacePolicy]).toEqual(['Retain', 'Retain'])
  })

  test('the policy names this table in these regions alone, and no wildcard', () => {
    const [statement, ...more] = Resources.WorkerPolicy.Properties.PolicyDocument.Statement
    expect(more).toEqual([])
    expect(statement?.Resource.map((resource) => resource['Fn::Sub'])).toEqual([
      // biome-ignore lint/suspicious/noTemplateCurlyInString: CloudFormation's placeholders.
      'arn:${AWS::Partition}:dynamodb:eu-west-1:${AWS::AccountId}:table/laurel-staging',
      // biome-ignore lint/suspicious/noTemplateCurlyInString: CloudFormation's placeholders.
      'arn:${AWS::Partition}:dynamodb:eu-north-1:${AWS::AccountId}:table/laurel-staging',
    ])
    expect(JSON.stringify(statement)).not.toContain('*')
  })

  test('mail and a policy store are allowed where they are named, and nowhere else', () => {
    const settings = { tableName: 'laurel-staging', regions: recordRegions, mailDomain: 'mail.example.org', policyStoreId: 'PSEXAMPLE' }
    const { Statement } = recordTemplate(settings).Resources.WorkerPolicy.Properties.PolicyDocument
    expect(Statement.slice(1).map(({ Action, Resource }) => [Action, Resource.map((one) => one['Fn::Sub'])])).toEqual([
      // biome-ignore lint/suspicious/noTemplateCurlyInString: CloudFormation's placeholders.
      [['ses:SendEmail'], ['arn:${AWS::Partition}:ses:eu-west-1:${AWS::AccountId}:identity/mail.example.org']],
      [
        ['verifiedpermissions:IsAuthorized'],
        // biome-ignore lint/suspicious/noTemplateCurlyInString: CloudFormation's placeholders.
        ['arn:${AWS::Partition}:verifiedpermissions::${AWS::AccountId}:policy-store/PSEXAMPLE'],
      ],
    ])
    expect(JSON.stringify(Statement)).not.toContain('*')
  })

  test('copies of media have a bucket that is nobody else’s, where one is named', () => {
    expect(Resources).not.toHaveProperty('MediaCopies')
    const named = recordTemplate({ tableName: 'laurel-staging', regions: recordRegions, mediaBucket: 'laurel-copies' }).Resources
    const { MediaCopies } = named
    expect(MediaCopies).toMatchObject({ Type: 'AWS::S3::Bucket', DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' })
    const { BucketName, PublicAccessBlockConfiguration, VersioningConfiguration } = MediaCopies?.Properties ?? {}
    expect([BucketName, VersioningConfiguration]).toEqual(['laurel-copies', { Status: 'Enabled' }])
    expect(Object.values(PublicAccessBlockConfiguration ?? {})).toEqual([true, true, true, true])
    const { Statement } = named.WorkerPolicy.Properties.PolicyDocument
    expect(Statement.slice(1).map(({ Action, Resource }) => [Action, Resource.map((one) => one['Fn::Sub'])])).toEqual([
      // biome-ignore lint/suspicious/noTemplateCurlyInString: CloudFormation's placeholders.
      [['s3:GetObject', 's3:PutObject', 's3:DeleteObject'], ['arn:${AWS::Partition}:s3:::laurel-copies/*']],
      // biome-ignore lint/suspicious/noTemplateCurlyInString: CloudFormation's placeholders.
      [['s3:ListBucket'], ['arn:${AWS::Partition}:s3:::laurel-copies']],
    ])
  })

  test('its regions are the ones that staging and production are deployed with', () => {
    const regions = [...readFileSync(file('wrangler.toml'), 'utf8').matchAll(/^REGIONS = '(.+)'$/gm)].map((match) =>
      JSON.parse(match[1] ?? ''),
    )
    expect(regions.length).toBeGreaterThanOrEqual(3)
    for (const listed of regions) expect(listed.map((entry: { region: string }) => entry.region)).toEqual([...recordRegions])
  })

  test('is printed as JSON, for the table that is asked for', async () => {
    const run = promisify(execFile)
    const { stdout } = await run(process.execPath, [file('aws-core/infra/print.ts'), 'laurel-staging'])
    expect(JSON.parse(stdout)).toEqual(JSON.parse(JSON.stringify(recordTemplate({ tableName: 'laurel-staging', regions: recordRegions }))))
    await expect(run(process.execPath, [file('aws-core/infra/print.ts'), 'no name'])).rejects.toMatchObject({ code: 2 })
  })
})

describe('the local table', () => {
  let local: LocalDynamo
  beforeAll(async () => {
    local = await startLocalDynamo()
  })
  afterAll(() => local.stop())

  test('is made once, with its TTL and its protection, and making it again is well', async () => {
    expect(await ensureTable(local.client(), local.table)).toEqual({ ok: true, value: undefined })
    const ttl = await local.client().send('DescribeTimeToLive', { TableName: local.table })
    expect(ttl).toMatchObject({ ok: true, value: { TimeToLiveDescription: { AttributeName: 'expiresAt', TimeToLiveStatus: 'ENABLED' } } })
    expect(await local.client().send('DeleteTable', { TableName: local.table })).toMatchObject({
      ok: false,
      error: { code: 'dynamo/refused' },
    })
  })

  test('everything the adapter sends is in the policy', async () => {
    const sent = new Set<string>()
    const client = local.client({
      fetch: (request, init) => {
        sent.add(request.headers.get('x-amz-target')?.split('.')[1] ?? '')
        return fetch(request, init)
      },
    })
    const region = dynamoRegionLog({ region: 'eu-west-1', table: local.table, client, now: Date.now, random: Math.random })
    const log = playerLog('policy')
    const [item] = chain(1) as [ReturnType<typeof chain>[number]]
    for (const call of [
      region.append(log, item),
      region.fill(log, item),
      region.readFence(log),
      region.listItems(log),
      region.readItems(log),
      region.ping(),
    ]) {
      await call
    }
    // A transaction of Puts needs PutItem, and has no permission of its own.
    const needed = [...sent].map((operation) => (operation === 'TransactWriteItems' ? 'PutItem' : operation))
    expect(new Set(needed.map((operation) => `dynamodb:${operation}`))).toEqual(new Set(workerActions))
  })
})
