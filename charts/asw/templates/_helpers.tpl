{{/* Name of the chart in labels. */}}
{{- define "asw.name" -}}
{{- .Values.nameOverride | default .Chart.Name | trunc 63 | trimSuffix "-" }}
{{- end }}

{{/*
Name of the operator (Deployment, account, Roles, Lease) and start of all other names: the release,
with the chart's name unless it holds that. Room is left for suffixes.
*/}}
{{- define "asw.fullname" -}}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 50 | trimSuffix "-" }}
{{- else if contains .Chart.Name .Release.Name }}
{{- .Release.Name | trunc 50 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name .Chart.Name | trunc 50 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{/* Start of names that others share, cluster-wide or in watched namespaces: no other release has the same. */}}
{{- define "asw.clusterName" -}}
{{- printf "%s-%s" (include "asw.fullname" .) .Release.Namespace }}
{{- end }}

{{/* Name of the Service of the result server. */}}
{{- define "asw.resultsName" -}}
{{- include "asw.fullname" . }}-results
{{- end }}

{{- define "asw.serviceAccountName" -}}
{{- if .Values.serviceAccount.create }}
{{- .Values.serviceAccount.name | default (include "asw.fullname" .) }}
{{- else }}
{{- .Values.serviceAccount.name | default "default" }}
{{- end }}
{{- end }}

{{- define "asw.selectorLabels" -}}
app.kubernetes.io/name: {{ include "asw.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: operator
{{- end }}

{{/* asw serve: whether there is one (values of an earlier version that are reused have none), its name and labels. */}}
{{- define "asw.serves" -}}
{{- if and .Values.resultServer.enabled (dig "enabled" true (.Values.serve | default dict)) }}true{{ end }}
{{- end }}

{{- define "asw.serveName" -}}
{{- include "asw.fullname" . }}-serve
{{- end }}

{{- define "asw.serveSelectorLabels" -}}
app.kubernetes.io/name: {{ include "asw.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: serve
{{- end }}

{{- define "asw.serveLabels" -}}
{{- include "asw.labels" (dict "root" . "own" (dict "app.kubernetes.io/component" "serve")) }}
{{- end }}

{{/* Labels of every object, and of one of them (own): what users add never stands in for the chart's. */}}
{{- define "asw.labels" -}}
{{- $root := .root | default . }}
{{- $chart := dict
  "helm.sh/chart" (printf "%s-%s" $root.Chart.Name $root.Chart.Version | replace "+" "_")
  "app.kubernetes.io/name" (include "asw.name" $root)
  "app.kubernetes.io/instance" $root.Release.Name
  "app.kubernetes.io/version" $root.Chart.AppVersion
  "app.kubernetes.io/managed-by" $root.Release.Service
  "app.kubernetes.io/part-of" "asw" }}
{{- merge $chart (.own | default dict) ($root.Values.commonLabels | default dict) | toYaml }}
{{- end }}

{{- define "asw.podLabels" -}}
{{- $own := merge (dict "app.kubernetes.io/component" "operator") (.Values.podLabels | default dict) }}
{{- include "asw.labels" (dict "root" . "own" $own) }}
{{- end }}

{{/* A probe: what users set of it, and else what stands here. */}}
{{- define "asw.probe" -}}
{{- $all := deepCopy .default }}
{{- range $field, $value := .own }}
{{- $_ := set $all $field $value }}
{{- end }}
{{- toYaml $all }}
{{- end }}

{{/* Annotations of every object, in its metadata; those of an object of its own as own. */}}
{{- define "asw.annotations" }}
{{- $root := .root | default . }}
{{- with merge (dict) (.own | default dict) ($root.Values.commonAnnotations | default dict) }}
  annotations:
    {{- toYaml . | nindent 4 }}
{{- end }}
{{- end }}

{{/* The operator's image, by digest where one is given. */}}
{{- define "asw.image" -}}
{{- $repository := .Values.image.repository | default (printf "%s/operator" .Values.image.registry) }}
{{- if .Values.image.digest }}
{{- printf "%s@%s" $repository .Values.image.digest }}
{{- else }}
{{- printf "%s:%s" $repository (.Values.image.tag | default .Chart.AppVersion) }}
{{- end }}
{{- end }}

{{/* The image of a runtime: the one that users name, and else ours of the same registry and tag. */}}
{{- define "asw.runtimeImage" -}}
{{- $image := .root.Values.image }}
{{- get .root.Values.functionImages .runtime | default (printf "%s/%s:%s" $image.registry (.image | default .runtime) ($image.tag | default .root.Chart.AppVersion)) }}
{{- end }}

{{/* What a RoleBinding or ClusterRoleBinding binds to. */}}
{{- define "asw.subjects" -}}
subjects:
  - kind: ServiceAccount
    name: {{ include "asw.serviceAccountName" . }}
    namespace: {{ .Release.Namespace }}
{{- end }}

{{/* What the operator may do in the namespaces that it watches. Source: asw/platforms/kubernetes/leader/permissions.py. */}}
{{- define "asw.watchedRules" -}}
- apiGroups: [asw.dev]
  resources: [workflows, executions, functions]
  verbs: [get, list, watch]
- apiGroups: [asw.dev]
  resources: [workflows/status, executions/status, functions/status, connections/status]
  verbs: [patch, update]
- apiGroups: [asw.dev]
  resources: [executions]
  verbs: [create, patch]
- apiGroups: [asw.dev]
  resources: [executions]
  verbs: [delete]
- apiGroups: [asw.dev]
  resources: [executions/finalizers]
  verbs: [update]
- apiGroups: [batch]
  resources: [jobs]
  verbs: [get, list, watch, create, delete]
- apiGroups: [""]
  resources: [pods]
  verbs: [get, list, watch]
- apiGroups: [""]
  resources: [pods]
  verbs: [patch]
- apiGroups: [""]
  resources: [secrets]
  verbs: [create]
- apiGroups: [""]
  resources: [configmaps]
  verbs: [get, list, watch, create, delete]
- apiGroups: [""]
  resources: [serviceaccounts]
  verbs: [get, list, watch]
- apiGroups: [""]
  resources: [limitranges]
  verbs: [list]
- apiGroups: [asw.dev]
  resources: [connections]
  verbs: [get, list, watch]
- apiGroups: [asw.dev]
  resources: [schedules]
  verbs: [get, list, watch]
- apiGroups: [asw.dev]
  resources: [schedules/status]
  verbs: [patch, update]
- apiGroups: [asw.dev]
  resources: [triggers]
  verbs: [get, list, watch]
- apiGroups: [asw.dev]
  resources: [triggers/status]
  verbs: [patch, update]
- apiGroups: [asw.dev]
  resources: [activities]
  verbs: [get, list, watch]
- apiGroups: [asw.dev]
  resources: [payloads]
  verbs: [get, list, create, delete]
- apiGroups: [asw.dev]
  resources: [taskdefaults]
  verbs: [get]
- apiGroups: [apps]
  resources: [controllerrevisions]
  verbs: [get, list, create, delete]
- apiGroups: [apps]
  resources: [deployments]
  verbs: [get, list, create, patch, delete]
- apiGroups: [apps]
  resources: [replicasets]
  verbs: [get]
- apiGroups: [""]
  resources: [events]
  verbs: [create, patch]
- apiGroups: [""]
  resources: [events]
  verbs: [list]
{{- $index := dig "packageIndex" dict (.Values.functions | default dict) }}
{{- if or $index.url $index.npmUrl }}
- apiGroups: [""]
  resources: [persistentvolumeclaims]
  verbs: [get, create]
{{- end }}
{{- if include "asw.archives" . }}
- apiGroups: [""]
  resources: [pods/log]
  verbs: [get]
{{- end }}
{{- if .Values.watchNamespaces }}
- apiGroups: [coordination.k8s.io]
  resources: [leases]
  resourceNames: [namespace.asw.dev]
  verbs: [get, update]
- apiGroups: [coordination.k8s.io]
  resources: [leases]
  verbs: [create]
{{- else }}
- apiGroups: [coordination.k8s.io]
  resources: [leases]
  resourceNames: [namespace.asw.dev]
  verbs: [list]
{{- end }}
{{- end }}

{{/* What the operator may do in kube-public. Source: asw/platforms/kubernetes/leader/permissions.py. */}}
{{- define "asw.publicRules" -}}
- apiGroups: [coordination.k8s.io]
  resources: [leases]
  resourceNames: [all-namespaces.asw.dev]
  verbs: [get]
{{- if not .Values.watchNamespaces }}
- apiGroups: [coordination.k8s.io]
  resources: [leases]
  resourceNames: [all-namespaces.asw.dev]
  verbs: [update]
- apiGroups: [coordination.k8s.io]
  resources: [leases]
  verbs: [create]
{{- end }}
{{- end }}

{{/* What the operator may do in its own namespace. Source: asw/platforms/kubernetes/leader/permissions.py. */}}
{{- define "asw.ownRules" -}}
- apiGroups: [""]
  resources: [secrets]
  verbs: [create]
- apiGroups: [""]
  resources: [secrets]
  resourceNames: [asw-keys]
  verbs: [get]
- apiGroups: [""]
  resources: [secrets]
  resourceNames: [asw-serve-keys]
  verbs: [get, patch]
- apiGroups: [""]
  resources: [services]
  verbs: [get]
- apiGroups: [coordination.k8s.io]
  resources: [leases]
  verbs: [get, create, update]
{{- end }}

{{/* The operator as the API server knows it. */}}
{{- define "asw.username" -}}
system:serviceaccount:{{ .Release.Namespace }}:{{ include "asw.serviceAccountName" . }}
{{- end }}

{{/* The watched namespaces as a label selector. */}}
{{- define "asw.watchedSelector" -}}
matchExpressions:
  - key: kubernetes.io/metadata.name
    operator: In
    values: {{ toJson .Values.watchNamespaces }}
{{- end }}

{{/* CEL: one field of the rules by namespace, the default's under "*". */}}
{{- define "asw.rulesByNamespace" -}}
{{- $field := .field }}
{{- /* Values of an earlier version that are reused may lack a list. */}}
{{- $default := hasKey .policy.default $field | ternary (index .policy.default $field) list }}
{{- $all := dict "*" $default }}
{{- range $namespace, $own := .policy.namespaces }}
{{- $_ := set $all $namespace (hasKey $own $field | ternary (index $own $field) $default) }}
{{- end }}
{{- toJson $all }}
{{- end }}

{{/* CEL: whether a text is, or starts like, one of the patterns. */}}
{{- define "asw.matches" -}}
{{ .patterns }}.exists(p, p.endsWith('*') ? {{ .text }}.startsWith(p.replace('*', '')) : {{ .text }} == p)
{{- end }}

{{/* CEL: objects that were there before a rule was may be labelled on. The code of a Function reads its Secrets, so any change counts. */}}
{{- define "asw.askingChanges" -}}
- name: what-pods-are-made-of-changes
  expression: >-
    request.operation == 'CREATE' || (request.resource.resource != 'workflows'
    ? object.spec != oldObject.spec
    : has(object.spec.taskTemplate) &&
    (!has(oldObject.spec.taskTemplate) || object.spec.taskTemplate != oldObject.spec.taskTemplate))
{{- end }}

{{/* CEL variables: what a Function, a Connection or the task template of a Workflow asks for. */}}
{{- define "asw.askedFor" -}}
- name: isFunction
  expression: request.resource.resource == 'functions'
- name: spec
  expression: dyn(object.spec)
- name: isWorkflow
  expression: request.resource.resource == 'workflows'
- name: templateField
  expression: >-
    variables.isWorkflow ? 'spec.taskTemplate' : 'spec'
- name: template
  expression: >-
    variables.isWorkflow ? (has(variables.spec.taskTemplate) ? variables.spec.taskTemplate : dyn({})) : variables.spec
- name: isConnection
  expression: request.resource.resource == 'connections'
- name: credentials
  expression: >-
    variables.isConnection && has(variables.spec.credentials) ? variables.spec.credentials : dyn({})
- name: kubernetes
  expression: >-
    variables.isConnection && has(variables.spec.kubernetes) ? variables.spec.kubernetes : dyn({})
- name: isOwnCluster
  expression: >-
    variables.isConnection && variables.spec.kind == 'kubernetes' && !has(variables.kubernetes.secretKeyRef)
- name: account
  expression: >-
    has(variables.kubernetes.serviceAccountName) ? variables.kubernetes.serviceAccountName :
    variables.isFunction && has(variables.spec.serviceAccountName) ? variables.spec.serviceAccountName :
    has(variables.credentials.webIdentity) && has(variables.credentials.webIdentity.serviceAccountName)
    ? variables.credentials.webIdentity.serviceAccountName : 'default'
- name: accountField
  expression: >-
    variables.isOwnCluster ? 'spec.kubernetes.serviceAccountName' :
    variables.isConnection ? 'spec.credentials.webIdentity.serviceAccountName' : 'spec.serviceAccountName'
- name: tokenField
  expression: >-
    variables.isOwnCluster ? 'spec.kubernetes' : variables.isConnection ? 'spec.credentials.webIdentity' : 'spec.serviceAccountToken'
- name: signingSecrets
  expression: >-
    has(variables.credentials.secretRef) ? [string(variables.credentials.secretRef.name)] : []
- name: http
  expression: >-
    variables.isConnection && has(variables.spec.http) ? variables.spec.http : dyn({})
- name: basicSecrets
  expression: >-
    has(variables.http.basic) ? [string(variables.http.basic.secretRef.name)] : []
- name: apiKeySecrets
  expression: >-
    has(variables.http.apiKey) ? [string(variables.http.apiKey.secretKeyRef.name)] : []
- name: oauthSecrets
  expression: >-
    has(variables.http.oauth) ? [string(variables.http.oauth.secretRef.name)] : []
- name: urlSecrets
  expression: >-
    has(variables.http.url) ? [string(variables.http.url.secretKeyRef.name)] : []
- name: clusterSecrets
  expression: >-
    has(variables.kubernetes.secretKeyRef) ? [string(variables.kubernetes.secretKeyRef.name)] : []
- name: trustedSecrets
  expression: >-
    variables.isConnection && has(variables.spec.ca) && has(variables.spec.ca.secretKeyRef)
    ? [string(variables.spec.ca.secretKeyRef.name)] : []
- name: priority
  expression: >-
    has(variables.template.priorityClassName) ? string(variables.template.priorityClassName) : ''
- name: priorityField
  expression: >-
    variables.templateField + '.priorityClassName'
- name: podTemplate
  expression: >-
    has(variables.template.podTemplate) ? variables.template.podTemplate : dyn({})
- name: pod
  expression: >-
    has(variables.podTemplate.spec) ? variables.podTemplate.spec : dyn({})
- name: podField
  expression: >-
    variables.templateField + '.podTemplate'
- name: volumes
  expression: >-
    has(variables.pod.volumes) ? variables.pod.volumes : dyn([])
- name: initContainers
  expression: >-
    has(variables.pod.initContainers) ? variables.pod.initContainers : dyn([])
- name: containers
  expression: >-
    (has(variables.pod.containers) ? variables.pod.containers : dyn([])) + variables.initContainers
- name: pullSecrets
  expression: >-
    (has(variables.template.imagePullSecrets) ? variables.template.imagePullSecrets : dyn([]))
    .map(s, string(s.name))
- name: readSecrets
  expression: >-
    (variables.isFunction && has(variables.spec.env) ? variables.spec.env : dyn([]))
    .filter(v, has(v.valueFrom) && has(v.valueFrom.secretKeyRef)).map(v, string(v.valueFrom.secretKeyRef.name))
- name: allSecrets
  expression: >-
    (variables.isFunction && has(variables.spec.envFrom) ? variables.spec.envFrom : dyn([]))
    .filter(e, has(e.secretRef)).map(e, string(e.secretRef.name))
# A list of lists is made flat through text: no name has a space.
- name: podSecrets
  expression: >-
    (variables.volumes.filter(v, has(v.secret)).map(v, string(v.secret.secretName)) +
    variables.volumes.filter(v, has(v.projected)).map(v,
    v.projected.sources.filter(s, has(s.secret)).map(s, string(s.secret.name)).join(' ')) +
    variables.containers.filter(c, has(c.env)).map(c,
    c.env.filter(v, has(v.valueFrom) && has(v.valueFrom.secretKeyRef)).map(v, string(v.valueFrom.secretKeyRef.name)).join(' ')) +
    variables.containers.filter(c, has(c.envFrom)).map(c,
    c.envFrom.filter(e, has(e.secretRef)).map(e, string(e.secretRef.name)).join(' ')))
    .join(' ').split(' ').filter(n, n != '')
- name: named
  expression: >-
    variables.pullSecrets + variables.readSecrets + variables.allSecrets + variables.podSecrets
    + variables.signingSecrets + variables.trustedSecrets + variables.basicSecrets + variables.apiKeySecrets
    + variables.oauthSecrets + variables.urlSecrets + variables.clusterSecrets
- name: wantsToken
  expression: >-
    (variables.isFunction && has(variables.spec.serviceAccountToken)) || has(variables.credentials.webIdentity) ||
    variables.isOwnCluster
{{- end }}

{{/* The field that names a Secret (CEL). */}}
{{- define "asw.secretsField" -}}
({{ . }} in variables.pullSecrets ? variables.templateField + '.imagePullSecrets'
: {{ . }} in variables.signingSecrets ? 'spec.credentials.secretRef' : {{ . }} in variables.trustedSecrets ? 'spec.ca.secretKeyRef'
: {{ . }} in variables.basicSecrets ? 'spec.http.basic.secretRef' : {{ . }} in variables.apiKeySecrets ? 'spec.http.apiKey.secretKeyRef'
: {{ . }} in variables.oauthSecrets ? 'spec.http.oauth.secretRef' : {{ . }} in variables.urlSecrets ? 'spec.http.url.secretKeyRef'
: {{ . }} in variables.clusterSecrets ? 'spec.kubernetes.secretKeyRef'
: {{ . }} in variables.readSecrets ? 'spec.env' : {{ . }} in variables.allSecrets ? 'spec.envFrom' : variables.podField)
{{- end }}

{{/* Fields of a security context, what their values must be (CEL), and what is right instead. */}}
{{- define "asw.securityContextRules" -}}
{{- $profile := "c.value.FIELD != null && has(c.value.FIELD.type) && c.value.FIELD.type in ['RuntimeDefault', 'Localhost']" }}
{{- $adds := "(!has(c.value.capabilities.add) || c.value.capabilities.add.all(c, c in " }}
{{- $restricted := `["NET_BIND_SERVICE"]` }}
{{- $baseline := `["NET_BIND_SERVICE", "AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT"]` }}
{{- $drops := "has(c.value.capabilities.drop) && c.value.capabilities.drop.exists(c, c == 'ALL')" }}
{{- $types := `["container_t", "container_init_t", "container_kvm_t", "container_engine_t"]` }}
{{- $tight := "variables.level != 'restricted' || " }}
{{- $remedy := "leave it out, or take RuntimeDefault" }}
{{- toJson (list
  (dict "field" "privileged" "holds" "c.value.privileged == false" "remedy" "leave it out")
  (dict "field" "capabilities" "holds" (printf "(variables.level == 'restricted' ? (%s && %s%s))) : %s%s)))" $drops $adds $restricted $adds $baseline) "remedy" "add none that it does not have, and at level restricted drop ALL")
  (dict "field" "seccompProfile" "holds" ($profile | replace "FIELD" "seccompProfile") "remedy" $remedy)
  (dict "field" "appArmorProfile" "holds" ($profile | replace "FIELD" "appArmorProfile") "remedy" $remedy)
  (dict "field" "seLinuxOptions" "holds" (printf "(!has(c.value.seLinuxOptions.user) && !has(c.value.seLinuxOptions.role) && (!has(c.value.seLinuxOptions.type) || c.value.seLinuxOptions.type in %s))" $types) "remedy" "leave out user and role, and use a type for containers")
  (dict "field" "procMount" "holds" "c.value.procMount == 'Default'" "remedy" "leave it out")
  (dict "field" "allowPrivilegeEscalation" "holds" (printf "%sc.value.allowPrivilegeEscalation == false" $tight) "remedy" "leave it out")
  (dict "field" "runAsNonRoot" "holds" (printf "%sc.value.runAsNonRoot == true" $tight) "remedy" "leave it out")
  (dict "field" "runAsUser" "holds" (printf "%sc.value.runAsUser != 0" $tight) "remedy" "use a user other than root")
) }}
{{- end }}

{{/* The archive: whether there is one (values of an earlier version that are reused have none), and whether it is a file. */}}
{{- define "asw.archives" -}}
{{- if dig "enabled" false (.Values.archive | default dict) }}true{{ end }}
{{- end }}

{{- define "asw.archivesToVolume" -}}
{{- if and (include "asw.archives" .) (not (dig "secret" "name" "" .Values.archive)) }}
{{- if gt (int .Values.replicas) 1 }}
{{- fail "archive: a SQLite file takes replicas: 1; name a PostgreSQL in archive.secret for more" }}
{{- end }}true{{ end }}
{{- end }}

{{- define "asw.archiveClaim" -}}
{{- .Values.archive.volume.claimName | default (printf "%s-archive" (include "asw.fullname" .)) }}
{{- end }}

{{/* Where it is, for a container; key is the one of the Secret. */}}
{{- define "asw.archiveAddress" -}}
{{- if include "asw.archivesToVolume" .root -}}
- name: ASW_ARCHIVE_URL
  value: sqlite:////var/lib/asw/archive/archive.db
{{- else if include "asw.archives" .root -}}
- name: ASW_ARCHIVE_URL
  valueFrom:
    secretKeyRef:
      name: {{ .root.Values.archive.secret.name }}
      key: {{ .key | default .root.Values.archive.secret.key }}
{{- end }}
{{- end }}

{{/* The security context of a pod that may have to write to the archive's volume. */}}
{{- define "asw.podSecurityContext" -}}
{{- $context := deepCopy .Values.podSecurityContext }}
{{- if and (include "asw.archivesToVolume" .) (not (hasKey $context "fsGroup")) }}
{{- $_ := set $context "fsGroup" ($context.runAsGroup | default 65532) }}
{{- end }}
{{- toYaml $context }}
{{- end }}

{{/* How long ended Executions are kept; what is not there has no bound. */}}
{{- define "asw.retention" -}}
{{- $retention := .Values.retention | default dict }}
{{- if include "asw.archives" . }}
{{- $kept := dig "retention" dict .Values.archive }}
{{- range $name := list "jobSeconds" "deletionsPerSecond" }}
{{- if hasKey $retention $name }}
{{- $kept = set (deepCopy $kept) $name (index $retention $name) }}
{{- end }}
{{- end }}
{{- $retention = $kept }}
{{- end }}
{{- toYaml $retention }}
{{- end }}

{{/* How long ended Executions are kept, in words; what is not there has no bound. */}}
{{- define "asw.kept" -}}
{{- $retention := include "asw.retention" . | fromYaml }}
{{- $values := ternary "archive.retention.*" "retention.*" (eq (include "asw.archives" .) "true") }}
{{- $words := list }}
{{- range $outcome, $name := dict "1 succeeded" "succeeded" "2 failed" "failed" "3 timed out" "timedOut" "4 aborted" "aborted" }}
{{- $seconds := index $retention (print $name "Seconds") }}
{{- $limit := index $retention (print $name "Limit") }}
{{- $bounds := list }}
{{- if not (kindIs "invalid" $seconds) }}
{{- $seconds = int64 $seconds }}
{{- $bounds = append $bounds (ternary (printf "%d days" (div $seconds 86400)) (printf "%d s" $seconds) (and (gt $seconds 0) (eq (mod $seconds 86400) 0))) }}
{{- end }}
{{- if not (kindIs "invalid" $limit) }}
{{- $bounds = append $bounds (printf "at most %d a Workflow" (int64 $limit)) }}
{{- end }}
{{- $words = append $words (print (substr 2 -1 $outcome) " " (join ", " ($bounds | default (list "forever")))) }}
{{- end -}}
Runs are kept:   {{ join "; " $words }}; values {{ $values }}
{{- end }}
