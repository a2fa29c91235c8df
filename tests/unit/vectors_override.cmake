# BAOKMS_VECTORS takes effect, and every kind of value in the vectors matters: a faithful copy
# passes; a copy with one section gone, one emptied or one value changed fails.
# -DPROGRAM= -DVECTORS= -DWORK=
file(MAKE_DIRECTORY "${WORK}")
file(READ "${VECTORS}" original)
set(copy "${WORK}/vectors.json")

function(run text expected what)
  file(WRITE "${copy}" "${text}")
  set(ENV{BAOKMS_VECTORS} "${copy}")
  execute_process(TIMEOUT 60 COMMAND "${PROGRAM}" "--test-case=vectors:*" --no-colors=true
    RESULT_VARIABLE status OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(NOT status EQUAL expected OR NOT output MATCHES "test cases: +[1-9]")
    message(FATAL_ERROR "${what}: exit ${status}, expected ${expected}\n${output}")
  endif()
endfunction()

string(JSON faithful SET "${original}" copied true)
run("${faithful}" 0 "a faithful copy")
run("not JSON" 1 "a file that is no JSON")

foreach(section keyIdAndAad configFingerprint registryState checkpoint migrateState)
  string(JSON changed REMOVE "${original}" ${section})
  run("${changed}" 1 "no ${section}")
  string(JSON changed SET "${original}" ${section} "[]")
  run("${changed}" 1 "an empty ${section}")
endforeach()

# One character of each kind of value, by path.
foreach(path "keyIdAndAad/0/keyId" "keyIdAndAad/1/canonicalAad" "keyIdAndAad/2/transitAssociatedData"
    "keyIdAndAad/3/annotations/key-id-hash.kms.openbao.org" "keyIdAndAad/4/pluginVersion"
    "keyIdAndAad/5/snapshot/clusterId" "configFingerprint/0/fingerprint"
    "configFingerprint/1/identity/transitKeyName" "registryState/0/file"
    "registryState/5/currentHash" "registryState/11/file" "checkpoint/5/file"
    "migrateState/0/from" "migrateState/0/to" "migrateState/0/checkpoint")
  string(REPLACE "/" ";" keys "${path}")
  string(JSON value GET "${original}" ${keys})
  string(JSON changed SET "${original}" ${keys} "\"other\"")
  run("${changed}" 1 "another ${path}")
endforeach()
