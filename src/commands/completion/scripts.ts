/**
 * What each shell runs at Tab. The scripts know nothing of goblin's commands: they hand the words over and
 * show what comes back. No word of the line is evaluated, so that a half-typed `$(…)` does not run.
 */

const bash = `# bash completion for goblin: source <(goblin completion bash)
_goblin() {
  local line="\${COMP_LINE:0:COMP_POINT}" cur="\${COMP_WORDS[COMP_CWORD]}" value description
  local -a words
  read -ra words <<< "$line"
  local word=""
  if [[ "$line" != *[[:space:]] ]]; then
    word="\${words[-1]}"
    unset 'words[-1]'
  fi
  # bash parts words at = and : and replaces the last part only.
  [[ "$cur" == [=:] ]] && cur=""
  local part="\${word%"$cur"}"
  COMPREPLY=()
  {
    read -r value
    if [[ "$value" == files ]]; then
      compopt -o default
      return
    fi
    while IFS=$'\\t' read -r value description; do
      COMPREPLY+=("\${value#"$part"}")
    done
  } < <(goblin __complete --word="$word" -- "\${words[@]:1}" 2>/dev/null)
}
complete -F _goblin goblin
`;

const zsh = `#compdef goblin
# zsh completion for goblin: source <(goblin completion zsh), after compinit
_goblin() {
  local -a lines values shown
  local line
  lines=("\${(@f)$(goblin __complete --word="\${(Q)words[CURRENT]}" -- "\${(@Q)words[2,CURRENT-1]}" 2>/dev/null)}")
  if [[ "\${lines[1]}" == files ]]; then
    _files
    return
  fi
  for line in "\${(@)lines[2,-1]}"; do
    values+=("\${line%%$'\\t'*}")
    shown+=("\${line/$'\\t'/   }")
  done
  (( \${#values} )) && compadd -l -d shown -a values
}
if [[ "\${funcstack[1]}" == _goblin ]]; then
  _goblin "$@"
else
  compdef _goblin goblin
fi
`;

const fish = `# fish completion for goblin: goblin completion fish | source
function __goblin_complete
    set -l words (commandline -opc)
    set -l word (commandline -ct)
    set -l lines (goblin __complete --word="$word" -- $words[2..-1] 2>/dev/null)
    if test "$lines[1]" = files
        __fish_complete_path "$word"
    else if set -q lines[2]
        printf '%s\\n' $lines[2..-1]
    end
end
complete -c goblin -f -a '(__goblin_complete)'
`;

const powershell = `# PowerShell completion for goblin: goblin completion powershell | Out-String | Invoke-Expression
Register-ArgumentCompleter -Native -CommandName goblin -ScriptBlock {
  param($wordToComplete, $commandAst, $cursorPosition)
  $before = @($commandAst.CommandElements | Select-Object -Skip 1 |
    Where-Object { $_.Extent.EndOffset -lt $cursorPosition } | ForEach-Object { $_.ToString() })
  $lines = @(goblin __complete "--word=$wordToComplete" '--' @before 2>$null)
  if ($lines[0] -eq 'files') { return }
  $lines | Select-Object -Skip 1 | ForEach-Object {
    $value, $description = $_ -split "\`t", 2
    if (-not $description) { $description = $value }
    [System.Management.Automation.CompletionResult]::new($value, $value, 'ParameterValue', $description)
  }
}
`;

export const SCRIPTS = { bash, zsh, fish, powershell } as const;

export type Shell = keyof typeof SCRIPTS;
