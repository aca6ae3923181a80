# What a real zsh offers for each command line: zsh -f zsh-offers.zsh <script> <line>...
# A completion needs a line editor, and that needs a terminal: zsh/zpty is one. Each line's offers end with a line "=end=".
zmodload zsh/zpty
zpty shell zsh -f -i
zpty -w shell "PROMPT=; stty -echo; source ${0:A:h}/zsh-offers-inside.zsh ${(q)1}"
while zpty -r shell text; do [[ $text == *is-ready* ]] && break; done
for typed in "${@:2}"; do
  zpty -n -w shell $'\C-u'"switchboard $typed"$'\t'
  integer marks=0
  while ((marks < 2)) && zpty -r shell text; do
    if [[ $text == *$'\C-b'* ]]; then
      ((marks++))
    elif ((marks == 1)); then
      print -rn -- $text
    fi
  done
  print "=end="
done
zpty -d shell
