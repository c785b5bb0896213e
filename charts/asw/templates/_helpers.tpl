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

{{- define "asw.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
app.kubernetes.io/name: {{ include "asw.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/part-of: asw
{{- end }}

{{/* The operator's image, by digest where one is given. */}}
{{- define "asw.image" -}}
{{- if .Values.image.digest }}
{{- printf "%s@%s" .Values.image.repository .Values.image.digest }}
{{- else }}
{{- printf "%s:%s" .Values.image.repository (.Values.image.tag | default .Chart.AppVersion) }}
{{- end }}
{{- end }}

{{/* What a RoleBinding or ClusterRoleBinding binds to. */}}
{{- define "asw.subjects" -}}
subjects:
  - kind: ServiceAccount
    name: {{ include "asw.serviceAccountName" . }}
    namespace: {{ .Release.Namespace }}
{{- end }}

{{/* What the operator may do in the namespaces that it watches. Source: asw/kubernetes/permissions.py. */}}
{{- define "asw.watchedRules" -}}
- apiGroups: [asw.dev]
  resources: [workflows, executions, functions]
  verbs: [get, list, watch]
- apiGroups: [asw.dev]
  resources: [workflows/status, executions/status, functions/status]
  verbs: [patch]
- apiGroups: [asw.dev]
  resources: [executions]
  verbs: [create, patch]
- apiGroups: [asw.dev]
  resources: [executions]
  verbs: [delete]
- apiGroups: [batch]
  resources: [jobs]
  verbs: [get, list, watch, create, delete]
- apiGroups: [""]
  resources: [pods]
  verbs: [get, list, watch]
- apiGroups: [""]
  resources: [secrets]
  verbs: [create]
- apiGroups: [""]
  resources: [configmaps]
  verbs: [get, list, create, delete]
- apiGroups: [asw.dev]
  resources: [payloads]
  verbs: [get, list, create, delete]
- apiGroups: [apps]
  resources: [controllerrevisions]
  verbs: [get, list, create, delete]
- apiGroups: [""]
  resources: [events]
  verbs: [list]
{{- end }}

{{/* What the operator may do in its own namespace. Source: asw/kubernetes/permissions.py. */}}
{{- define "asw.ownRules" -}}
- apiGroups: [""]
  resources: [secrets]
  verbs: [create]
- apiGroups: [""]
  resources: [secrets]
  resourceNames: [asw-keys]
  verbs: [get]
- apiGroups: [""]
  resources: [services]
  verbs: [get]
- apiGroups: [coordination.k8s.io]
  resources: [leases]
  verbs: [get, create, update]
{{- end }}
