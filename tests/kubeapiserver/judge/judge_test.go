package judge

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const tableDirectory = "../../encryption_configurations"

var built = flag.String("kube-apiserver", "", "the program, unless BAOKMS_KUBEAPISERVER names another")

type row struct{ file, verdict string }

func table(t *testing.T) []row {
	text, err := os.ReadFile(filepath.Join(tableDirectory, "verdicts.txt"))
	if err != nil {
		t.Fatal(err)
	}
	var rows []row
	for _, line := range strings.Split(strings.TrimSpace(string(text)), "\n") {
		if columns := strings.Split(line, " | "); !strings.HasPrefix(line, "#") {
			rows = append(rows, row{columns[0], columns[1]})
		}
	}
	return rows
}

func judged(t *testing.T, rows []row) {
	program := os.Getenv("BAOKMS_KUBEAPISERVER")
	if program == "" {
		program = *built
	}
	if program == "" {
		t.Fatal("neither BAOKMS_KUBEAPISERVER nor -kube-apiserver names a kube-apiserver")
	}
	for _, r := range rows {
		t.Run(r.file, func(t *testing.T) {
			t.Parallel()
			file, err := filepath.Abs(filepath.Join(tableDirectory, "files", r.file))
			if err != nil {
				t.Fatal(err)
			}
			expect := func(want bool, gates string) {
				got, err := accepts(t.Context(), program, t.TempDir(), file, gates)
				if err != nil {
					t.Error(err)
				} else if got != want {
					t.Errorf("with the feature gates %q kube-apiserver accepts it: %v, the table says %v",
						gates, got, want)
				}
			}
			switch r.verdict {
			case "accept":
				expect(true, "")
			case "accept-kms-v1":
				expect(false, "")
				expect(true, "KMSv1=true")
			case "reject":
				expect(false, "KMSv1=true")
			default:
				t.Fatalf("unknown verdict %q", r.verdict)
			}
		})
	}
}

func TestAFew(t *testing.T) {
	few := map[string]bool{
		"minimal.yaml": true, "json.json": true, "legacy_v1_encryption_config.yaml": true,
		"anchors_for_resources.yaml": true, "kms_v1_beside_ours.yaml": true, "kms_var_run.yaml": true,
		"aescbc_short.yaml": true, "kms_listed_twice.yaml": true, "masked_by_core.yaml": true,
		"resources_core_and_secrets.yaml": true, "merge_key_overridden.yaml": true,
		"json_trailing_text.yaml": true,
	}
	var rows []row
	for _, r := range table(t) {
		if few[r.file] {
			rows = append(rows, r)
		}
	}
	if len(rows) < 10 {
		t.Fatalf("only %d of the few are in the table", len(rows))
	}
	judged(t, rows)
}

func TestAll(t *testing.T) { judged(t, table(t)) }
