// Made from laurel.cedarschema and the .cedar files beside it, which are the source: a bundle takes text only as code.
// After a change there: vitest run --project unit tests/unit/policy/policy-texts.test.ts -u

export const schemaText = `// Who may do what to what. The platform's own policies and a workspace's forbids are both checked against this, strictly.
namespace Laurel {
  // Who calls. The id is the token's subject; a machine's is its OAuth 2.0 client id.
  entity Person, Machine = {
    // owner, admin, manager, editor, member or viewer.
    role: String,
    // The API that the token is for: app or dashboard.
    context: String,
    // Those of the platform's scopes that the token names.
    scopes: Set<String>,
    hasScopes: Bool,
    // The user that the call acts as.
    userId?: String,
    workspaceId: String,
  };

  // The id is the workspace's.
  entity Workspace;

  // What is called: one collection of one workspace, under its area. The id is its kind.
  entity Play, Configuration, People, Administration in [Workspace] = {
    // The collection as the route names it: users, activities, clients …
    kind: String,
    workspaceId: String,
  };

  type Call = {
    // The operationId of the contract.
    operation: String,
    kind: String,
    // The route is for machine tokens.
    machinesOnly: Bool,
  };

  action "app/read", "app/write" appliesTo {
    principal: [Person, Machine],
    resource: [Play],
    context: Call,
  };

  action "dashboard/read", "dashboard/write" appliesTo {
    principal: [Person, Machine],
    resource: [Configuration, People, Administration],
    context: Call,
  };
}
`

export const policyTexts: Record<string, string> = {
  'administration.cedar': `// Who may come to a workspace and how: roles, imports of people, clients, throttles, policies, settings, the audit trail.

@id("dashboard-admin-reads-administration")
permit (principal, action == Laurel::Action::"dashboard/read", resource is Laurel::Administration)
when {
  principal.workspaceId == resource.workspaceId &&
  ["admin", "owner"].contains(principal.role)
};

@id("dashboard-admin-writes-administration")
permit (principal, action == Laurel::Action::"dashboard/write", resource is Laurel::Administration)
when {
  principal.workspaceId == resource.workspaceId &&
  ["admin", "owner"].contains(principal.role)
};

// Every page of the dashboard shows the workspace's name.
@id("dashboard-viewer-reads-workspace")
permit (principal, action == Laurel::Action::"dashboard/read", resource == Laurel::Administration::"workspace")
when {
  principal.workspaceId == resource.workspaceId &&
  ["viewer", "editor", "manager", "admin", "owner"].contains(principal.role)
};
`,
  'app.cedar': `// The app API: what a caller sees there is the caller's own, so the role does not matter.

@id("app-everyone-reads")
permit (principal, action == Laurel::Action::"app/read", resource is Laurel::Play)
when { principal.workspaceId == resource.workspaceId };

@id("app-everyone-writes")
permit (principal, action == Laurel::Action::"app/write", resource is Laurel::Play)
when { principal.workspaceId == resource.workspaceId };
`,
  'configuration.cedar': `// What an engagement is made of: activities, rules, currencies, boards and every collection that has no other area.

@id("dashboard-viewer-reads-configuration")
permit (principal, action == Laurel::Action::"dashboard/read", resource is Laurel::Configuration)
when {
  principal.workspaceId == resource.workspaceId &&
  ["viewer", "editor", "manager", "admin", "owner"].contains(principal.role)
};

@id("dashboard-editor-writes-configuration")
permit (principal, action == Laurel::Action::"dashboard/write", resource is Laurel::Configuration)
when {
  principal.workspaceId == resource.workspaceId &&
  ["editor", "manager", "admin", "owner"].contains(principal.role)
};
`,
  'people.cedar': `// The users of a workspace and their sessions.

@id("dashboard-viewer-reads-people")
permit (principal, action == Laurel::Action::"dashboard/read", resource is Laurel::People)
when {
  principal.workspaceId == resource.workspaceId &&
  resource != Laurel::People::"sessions" &&
  ["viewer", "editor", "manager", "admin", "owner"].contains(principal.role)
};

// Where and when somebody signs in is for those who can end it.
@id("dashboard-manager-reads-sessions")
permit (principal, action == Laurel::Action::"dashboard/read", resource == Laurel::People::"sessions")
when {
  principal.workspaceId == resource.workspaceId &&
  ["manager", "admin", "owner"].contains(principal.role)
};

@id("dashboard-manager-writes-people")
permit (principal, action == Laurel::Action::"dashboard/write", resource is Laurel::People)
when {
  principal.workspaceId == resource.workspaceId &&
  ["manager", "admin", "owner"].contains(principal.role)
};
`,
  'tokens.cedar': `// What a token has to be, whatever its role. A machine needs the scope of the API and the action; a person whose token
// names any of the platform's scopes is held to them as well. @refusal is what the caller is told.

@id("app-read-needs-its-scope")
@refusal("scope")
forbid (principal, action == Laurel::Action::"app/read", resource)
when { principal is Laurel::Machine || principal.hasScopes }
unless { principal.scopes.contains("app/read") };

@id("app-write-needs-its-scope")
@refusal("scope")
forbid (principal, action == Laurel::Action::"app/write", resource)
when { principal is Laurel::Machine || principal.hasScopes }
unless { principal.scopes.contains("app/write") };

@id("dashboard-read-needs-its-scope")
@refusal("scope")
forbid (principal, action == Laurel::Action::"dashboard/read", resource)
when { principal is Laurel::Machine || principal.hasScopes }
unless { principal.scopes.contains("dashboard/read") };

@id("dashboard-write-needs-its-scope")
@refusal("scope")
forbid (principal, action == Laurel::Action::"dashboard/write", resource)
when { principal is Laurel::Machine || principal.hasScopes }
unless { principal.scopes.contains("dashboard/write") };

@id("machine-operation-refuses-people")
@refusal("machines_only")
forbid (principal is Laurel::Person, action, resource)
when { context.machinesOnly };
`,
}
