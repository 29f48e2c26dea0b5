package score
import ("testing";"fmt";"strings";"licet/view/redact";"licet/internal/testshared")
func TestSyn(t *testing.T){
 s,_:=Presidio(testshared.Dir(t,"presidio_research"))
 type rec struct{n,st,un string}; var rs []rec
 for _,it:=range s.Items{ if it.Scored{continue}; var r rec
  for _,g:=range it.Gold{ if g.Label!="address"{continue}; v:=it.Text[g.Start:g.End]
   if strings.HasPrefix(v,"Apt")||strings.HasPrefix(v,"Suite"){r.un=v} else if len(v)<=5&&strings.Trim(v,"0123456789")==""{ if r.n==""{r.n=v} } else if !strings.Contains(v,"\n") {r.st=v} }
  if r.n!=""&&r.st!=""{ if r.un==""{r.un="Apt. 123"}; rs=append(rs,r)} }
 fmt.Println(len(rs))
 for _,tp:=range []string{"N S U","N S\nU\nParis\nXX\n12345","Mr. Zoe Koch\nN S\nU","S N, Paris","S, N","S\nN","street S number N","Street: S\nHouse: N\nU","U, N S","U\nN S","N S, U, Paris, 12345","The parade went past S yesterday","N S","He walked to S.","N S in Paris","We met at N S, Paris","N - S","N, S","N, S, U","N,S","Zoe, N S, Paris","S (U)","shop: N S (Paris)","From N S to the lake","\"N S\"","N S; Paris","N S U Paris XX 12345","S U Paris","Zoe's flat, U, N S.","N\nS\nU","My flat U at N S is cold", "what is at N S?", "S?"} {
  zero,n:=0,0; ex:=""
  for _,r:=range rs { x:=strings.NewReplacer("N",r.n,"S",r.st,"U",r.un).Replace(tp)
   p:=redact.Find(x,redact.Context{}); red:=x; for i:=len(p)-1;i>=0;i--{ if p[i].Label=="address"{red=red[:p[i].Start]+"#"+red[p[i].End:]}}
   for _,v:=range []string{r.n,r.st,r.un}{ if strings.Contains(x,v){n++; if strings.Contains(red,v){zero++; ex=red}}}}
  fmt.Printf("%-40q %d/%d %q\n",tp,zero,n,ex)
 }
}
