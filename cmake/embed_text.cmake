# Writes OUTPUT, a C++ source that defines miniredis::service::SYMBOL as the text of INPUT. In pieces,
# for compilers need not take long literals.
file(READ ${INPUT} text)
string(LENGTH "${text}" length)
set(literal "")
set(at 0)
while(at LESS length)
  string(SUBSTRING "${text}" ${at} 4000 piece)
  string(APPEND literal "R\"~~(${piece})~~\"\n")
  math(EXPR at "${at} + 4000")
endwhile()
file(WRITE ${OUTPUT} "namespace miniredis::service {\nextern const char ${SYMBOL}[];\nconst char ${SYMBOL}[] =\n${literal};\n}\n")
