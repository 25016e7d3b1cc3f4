{{- define "route311.labels" -}}
app.kubernetes.io/name: route311
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/part-of: route311
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end }}

{{- /* Labels by which a Service, a policy or a budget finds the pods of a process. */}}
{{- define "route311.selector" -}}
app.kubernetes.io/name: route311
app.kubernetes.io/instance: {{ .root.Release.Name }}
route311/process: {{ .name }}
{{- end }}

{{- define "route311.image" -}}
{{- with .Values.image -}}
{{ .repository }}{{ if .digest }}@{{ .digest }}{{ else }}:{{ .tag | default $.Chart.AppVersion }}{{ end }}
{{- end }}
{{- end }}

{{- /* All processes as JSON, by name. One with `service` changes what that service has. */}}
{{- define "route311.processes" -}}
{{- $all := dict }}
{{- range $name, $own := .Values.processes }}
{{- $service := $own.service | default $name }}
{{- $base := get $.Values.processes $service | required (printf "processes.%s.service: there is no process %s" $name $service) }}
{{- $process := mergeOverwrite (deepCopy $base) (deepCopy $own) (dict "name" $name "service" $service) }}
{{- $_ := set $all $name (set $process "username" (eq (toString $process.kafka) "false" | ternary "" $service)) }}
{{- end }}
{{- $all | toJson }}
{{- end }}

{{- /* The jobs that there are as JSON: `topics` where Strimzi is not, none with an empty schedule. */}}
{{- define "route311.jobs" -}}
{{- $jobs := .Values.kafka.strimzi.enabled | ternary (omit .Values.jobs "topics") .Values.jobs }}
{{- range $name, $job := $jobs }}
{{- if and (hasKey $job "schedule") (empty $job.schedule) }}{{ $jobs = omit $jobs $name }}{{ end }}
{{- end }}
{{- $jobs | toJson }}
{{- end }}

{{- /* Environment: root, username on Kafka or none, environment, settings, secrets. */}}
{{- define "route311.environment" -}}
{{- $kafka := .root.Values.kafka }}
{{- $env := .environment }}
{{- if .username }}
{{- $env = merge $env (dict
  "ROUTE311_KAFKA_BOOTSTRAP" $kafka.bootstrap
  "ROUTE311_KAFKA_USERNAME" .username
  "ROUTE311_KAFKA_ADAPTERS" (join "," $kafka.adapters)) .root.Values.kafka.settings }}
{{- if $kafka.caSecret }}{{ $_ := set $env "ROUTE311_KAFKA_CA_FILE" "/run/ca/kafka/ca.crt" }}{{ end }}
{{- end }}
{{- range include "route311.secretSettings" . | fromJsonArray }}
{{- $_ := set $env (printf "%s_FILE" .) (printf "/run/secrets/route311/%s" .) }}
{{- end }}
{{- range $name, $value := mergeOverwrite $env .settings }}
- name: {{ $name }}
  value: {{ tpl (toString $value) $.root | quote }}
{{- end }}
{{- end }}

{{- /* Settings that files hold: those of the pod, and the password of its principal. */}}
{{- define "route311.secretSettings" -}}
{{- empty .username | not | ternary (append .secrets "ROUTE311_KAFKA_PASSWORD" | uniq) .secrets | toJson }}
{{- end }}

{{- /* Those that the pod's Secret route311-<service> holds: Strimzi keeps passwords in its own. */}}
{{- define "route311.ownSecrets" -}}
{{- $all := include "route311.secretSettings" . | fromJsonArray }}
{{- .root.Values.kafka.strimzi.enabled | ternary (without $all "ROUTE311_KAFKA_PASSWORD") $all | toJson }}
{{- end }}

{{- /* Volumes of the Secrets that a pod needs, as files with the names of settings. */}}
{{- define "route311.secretVolumes" -}}
{{- $values := .root.Values }}
- name: secrets
  projected:
    defaultMode: 0440
    sources:
      {{- if and .username $values.kafka.strimzi.enabled }}
      - secret: {name: {{ .username }}, items: [{key: password, path: ROUTE311_KAFKA_PASSWORD}]}
      {{- end }}
      {{- with include "route311.ownSecrets" . | fromJsonArray }}
      - secret:
          name: route311-{{ $.service }}
          items:
            {{- range . }}
            - {key: {{ . }}, path: {{ . }}}
            {{- end }}
      {{- end }}
- name: ca
  projected:
    defaultMode: 0444
    sources:
      {{- if and .username $values.kafka.caSecret }}
      - secret: {name: {{ $values.kafka.caSecret }}, items: [{key: ca.crt, path: kafka/ca.crt}]}
      {{- end }}
      {{- with $values.postgres.caSecret }}
      - secret: {name: {{ . }}, items: [{key: ca.crt, path: postgres/ca.crt}]}
      {{- end }}
{{- end }}

{{- define "route311.podSecurity" -}}
automountServiceAccountToken: false
enableServiceLinks: false  # whose variables look like settings
securityContext:
  runAsNonRoot: true
  runAsUser: 10311
  runAsGroup: 10311
  fsGroup: 10311
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile: {type: RuntimeDefault}
{{- end }}

{{- define "route311.containerSecurity" -}}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: {drop: [ALL]}
{{- end }}

{{- /* Requests are limits of memory; a limit of CPU would only make bursts slow. */}}
{{- define "route311.resources" -}}
resources:
  requests: {cpu: {{ .cpu }}, memory: {{ .memory }}, ephemeral-storage: 128Mi}
  limits: {memory: {{ .memory }}, ephemeral-storage: 512Mi}
{{- end }}

{{- /* Replicas lie in different zones and on different machines, as far as that can be. */}}
{{- define "route311.spread" -}}
topologySpreadConstraints:
  {{- range list "topology.kubernetes.io/zone" "kubernetes.io/hostname" }}
  - topologyKey: {{ . }}
    maxSkew: 1
    whenUnsatisfiable: ScheduleAnyway
    labelSelector: {matchLabels: {{ include "route311.selector" $ | fromYaml | toJson }}}
  {{- end }}
{{- end }}

{{- /* Pod of a job: root, name, job (of values.jobs). */}}
{{- define "route311.jobPod" -}}
{{- $pod := dict "root" .root "service" .name "username" .job.username "environment" dict "settings" (.job.settings | default dict) "secrets" .job.secrets }}
metadata:
  labels:
    {{- include "route311.labels" .root | nindent 4 }}
    {{- include "route311.selector" . | nindent 4 }}
spec:
  restartPolicy: OnFailure
  {{- include "route311.podSecurity" . | nindent 2 }}
  {{- with .root.Values.image.pullSecrets }}
  imagePullSecrets: {{ toJson . }}
  {{- end }}
  containers:
    - name: {{ .name }}
      image: {{ include "route311.image" .root }}
      command: {{ toJson .job.command }}
      env: {{- include "route311.environment" $pod | nindent 8 }}
      {{- include "route311.containerSecurity" . | nindent 6 }}
      {{- include "route311.resources" (dict "cpu" "100m" "memory" "512Mi") | nindent 6 }}
      volumeMounts:
        - {name: tmp, mountPath: /tmp}
        - {name: secrets, mountPath: /run/secrets/route311, readOnly: true}
        - {name: ca, mountPath: /run/ca, readOnly: true}
  volumes:
    - name: tmp
      emptyDir: {sizeLimit: 64Mi}
    {{- include "route311.secretVolumes" $pod | nindent 4 }}
{{- end }}
