# Sourced by the zsh that is looked at: prints what is offered, between two marks, and never runs a line.
autoload -U compinit && compinit -D -u
bindkey '^M' undefined-key
bindkey '^J' undefined-key
bindkey '^I' complete-word
bindkey '^U' kill-whole-line
zstyle ':completion:*' insert-tab false
setopt no_beep
# zsh forgets both lists with each completion.
function mark-begin() { print $'\C-b'; compprefuncs=(mark-begin) }
function mark-end() { print $'\C-b'; comppostfuncs=(mark-end) }
compprefuncs=(mark-begin)
comppostfuncs=(mark-end)
function compadd() {
  # With -O, -A or -D it only filters, for the completion itself.
  if [[ ${@[1,(i)(-|--)]} != *-(O|A|D)\ * ]]; then
    local -a offers
    builtin compadd -A offers "$@"
    (($#offers)) && print -rl -- $offers
  fi
  builtin compadd "$@"
}
source $1
print is-ready
