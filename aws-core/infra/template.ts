// The record's AWS side as a CloudFormation template: the table in every region, and what the Worker may do to it.
//
// Guarantees: the table is table.ts's own; deleting the stack keeps the data; the Worker's credentials can add and read,
// and can neither delete, scan nor change a table. Deploy it in one of `regions`: CloudFormation makes the replicas.
//
// The stream is not for us. Eventual global tables replicate by it, and CloudFormation refuses a second replica without
// (AWS::DynamoDB::GlobalTable StreamSpecification).

import { tableDefinition } from '../dynamodb/table.ts'

export interface TemplateSettings {
  tableName: string
  regions: readonly string[]
  /** The domain that sign-in mail is sent from, verified in SES of the first region. */
  mailDomain?: string
  /** The policy store that is asked in place of the Worker's own Cedar, in the first region. */
  policyStoreId?: string
}

/** Where the record lives: both in the EU. */
export const recordRegions = ['eu-west-1', 'eu-north-1'] as const

/** What the adapter sends; TransactWriteItems of Puts is authorised as PutItem. */
export const workerActions = ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:Query'] as const

/** Plain data: print it as JSON. */
export function recordTemplate(settings: TemplateSettings) {
  const { tableName, regions } = settings
  return {
    AWSTemplateFormatVersion: '2010-09-09',
    Description: `The record of ${tableName}: one table in ${regions.join(' and ')}, and the policy of the Worker that writes it.`,
    Resources: {
      Record: recordTable({ tableName, regions }),
      WorkerPolicy: workerPolicy(settings),
    },
    Outputs: {
      TableName: { Value: { Ref: 'Record' } },
      WorkerPolicyArn: { Description: 'Attach it to the identity whose keys the Worker holds.', Value: { Ref: 'WorkerPolicy' } },
    },
  }
}

const recordTable = ({ tableName, regions }: TemplateSettings) => ({
  Type: 'AWS::DynamoDB::GlobalTable',
  DeletionPolicy: 'Retain',
  UpdateReplacePolicy: 'Retain',
  Properties: {
    TableName: tableName,
    BillingMode: tableDefinition.billingMode,
    AttributeDefinitions: tableDefinition.attributes,
    KeySchema: tableDefinition.keySchema,
    TimeToLiveSpecification: tableDefinition.timeToLive,
    StreamSpecification: { StreamViewType: 'NEW_AND_OLD_IMAGES' },
    Replicas: regions.map((region) => ({
      Region: region,
      DeletionProtectionEnabled: tableDefinition.deletionProtection,
      PointInTimeRecoverySpecification: tableDefinition.pointInTimeRecovery,
    })),
  },
})

/** What is asked of AWS beside the record, in the first region, where the settings say that it is. */
function furtherStatements({ regions: [region = ''], mailDomain, policyStoreId }: TemplateSettings) {
  const statement = (sid: string, action: string, resource: string) => ({
    Sid: sid,
    Effect: 'Allow',
    Action: [action],
    Resource: [{ 'Fn::Sub': `arn:\${AWS::Partition}:${resource}` }],
    Condition: { Bool: { 'aws:SecureTransport': 'true' } },
  })
  return [
    ...(mailDomain ? [statement('SendMail', 'ses:SendEmail', `ses:${region}:\${AWS::AccountId}:identity/${mailDomain}`)] : []),
    ...(policyStoreId
      ? [
          statement(
            'AskPolicies',
            'verifiedpermissions:IsAuthorized',
            `verifiedpermissions::\${AWS::AccountId}:policy-store/${policyStoreId}`,
          ),
        ]
      : []),
  ]
}

const workerPolicy = ({ tableName, regions, ...more }: TemplateSettings) => ({
  Type: 'AWS::IAM::ManagedPolicy',
  Properties: {
    Description: `What the Worker of ${tableName} may do: append to and read the record, and what else is named here; nothing more.`,
    PolicyDocument: {
      Version: '2012-10-17',
      Statement: [
        {
          Sid: 'AppendAndRead',
          Effect: 'Allow',
          Action: workerActions,
          Resource: regions.map((region) => ({
            'Fn::Sub': `arn:\${AWS::Partition}:dynamodb:${region}:\${AWS::AccountId}:table/${tableName}`,
          })),
          Condition: { Bool: { 'aws:SecureTransport': 'true' } },
        },
        ...furtherStatements({ tableName, regions, ...more }),
      ],
    },
  },
})
